/** The list of cells, those that did not pass first. Shown page by page, because there may be thousands. */

import { openCell } from './cell.js';
import { textOf } from './data.js';
import { badge, byId, h, paged } from './dom.js';

/** @param {import('./data.js').ShownCell[]} shown */
export function drawList(shown) {
  const sorted = [...shown].sort((a, b) => a.verdict - b.verdict);
  const body = h('tbody');
  const more = paged(body, sorted, (cell) => listRow(cell, sorted));
  byId('cell-list').replaceChildren(
    sorted.length === 0
      ? h('p', {}, 'No cell matches the filter.')
      : h(
          'table',
          { class: 'list', role: 'table' },
          h(
            'thead',
            {},
            h(
              'tr',
              {},
              ...['verdict', 'cell', 'time', 'reason or figures'].map((name) => h('th', { scope: 'col' }, name)),
            ),
          ),
          body,
        ),
    more,
  );
}

/** @param {import('./data.js').ShownCell} cell @param {import('./data.js').ShownCell[]} among */
function listRow(cell, among) {
  const { packed, reason } = cell;
  // On a narrow screen the style does not lay these out as table rows, so their roles are explicit.
  return h(
    'tr',
    { role: 'row' },
    h('td', { role: 'cell' }, badge(cell.verdict)),
    h(
      'td',
      { role: 'cell', class: 'id' },
      h('button', { type: 'button', class: 'cell-link', click: () => openCell(cell, among) }, cell.id),
    ),
    h('td', { role: 'cell', class: 'num' }, packed.ms > 0 ? `${(packed.ms / 1000).toFixed(1)} s` : ''),
    h('td', { role: 'cell', class: 'says' }, reason === '' ? figures(packed.metrics ?? []) : reason),
  );
}

/** @param {number[][]} list */
function figures(list) {
  return list
    .map(([name, unit, value = 0]) => `${textOf(name)} ${value.toLocaleString('en-US')} ${textOf(unit)}`.trim())
    .join(', ');
}
