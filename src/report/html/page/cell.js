/** One cell in full, in a modal dialog: the browser keeps the focus in it, closes it with Escape, and restores the focus. */
import { CELLS, ORACLE_NAMES, textOf } from './data.js';
import { badge, byId, commandLine, consoleOf, h } from './dom.js';

export const dialog = /** @type {HTMLDialogElement} */ (byId('cell'));

/** The cells that `next` and `previous` step through. @type {import('./data.js').ShownCell[]} */
let around = CELLS;

/** @param {import('./data.js').ShownCell} cell @param {import('./data.js').ShownCell[]} among */
export function openCell(cell, among = around) {
  around = among;
  const at = around.indexOf(cell);
  const [before, after] = [around[at - 1], around[at + 1]];
  dialog.replaceChildren(
    h(
      'div',
      { class: 'dialog-top' },
      badge(cell.verdict),
      h('span', { class: 'hint' }, at === -1 ? '' : `${at + 1} of ${around.length}`),
      h(
        'button',
        { type: 'button', id: 'previous', disabled: before === undefined, click: () => before && openCell(before) },
        '← previous',
      ),
      h(
        'button',
        { type: 'button', id: 'next', disabled: after === undefined, click: () => after && openCell(after) },
        'next →',
      ),
      h('button', { type: 'button', class: 'close', 'aria-label': 'close', click: () => dialog.close() }, '✕'),
    ),
    h('h2', { id: 'cell-title', tabindex: '-1' }, ...breakable(cell)),
    ...parts(cell),
  );
  if (!dialog.open) dialog.showModal();
  dialog.scrollTop = 0;
  /** @type {HTMLElement | null} */ (dialog.querySelector('#cell-title'))?.focus();
  history.replaceState(null, '', `#cell=${encodeURIComponent(cell.id)}`);
}

dialog.addEventListener('close', () => history.replaceState(null, '', '#'));
dialog.addEventListener('click', (event) => {
  if (event.target === dialog) dialog.close();
});
dialog.addEventListener('keydown', (event) => {
  if (event.ctrlKey || event.altKey || event.metaKey) return;
  const which = { n: 'next', p: 'previous' }[event.key];
  if (which !== undefined) /** @type {HTMLElement | null} */ (dialog.querySelector(`#${which}`))?.click();
});

/** Lets a long id break after each part. @param {import('./data.js').ShownCell} cell */
export function breakable({ machine, topology, workload, backend, plant }) {
  const ends = plant === '' ? [backend] : [`${backend}!`, plant];
  return [`${machine}/`, `${topology}/`, `${workload}/`, ...ends].flatMap((part) => [part, h('wbr')]);
}

/** @param {import('./data.js').ShownCell} cell */
export function* parts({ packed, reason, repro, verdict }) {
  const due = textOf(packed.due);
  if (due !== '') yield h('p', { class: 'due' }, due);
  if (reason !== '' && (packed.oracles === undefined || verdict === 4)) yield h('p', { class: 'reason' }, reason);
  if (verdict !== 3) yield commandLine(repro);
  if (packed.oracles !== undefined) yield oracles(packed.oracles);
  if (packed.subtests !== undefined) yield subtests(packed.subtests);
  if (packed.log !== undefined) yield h('section', {}, h('h3', {}, "The guest's console"), consoleOf(packed.log));
  if (packed.metrics !== undefined) yield metrics(packed.metrics);
  if (packed.tree !== undefined) {
    yield h('section', {}, h('h3', {}, 'PCI and DMA'), h('pre', { tabindex: '0', class: 'tree' }, textOf(packed.tree)));
    yield h('section', {}, h('h3', {}, 'Set-up'), h('pre', { tabindex: '0', class: 'setup' }, textOf(packed.setup)));
  }
  if (packed.earlier !== undefined)
    yield h(
      'p',
      {},
      `Attempts: ${packed.earlier.length + 1}. Earlier ones were lost: ${packed.earlier.map(textOf).join('; ')}`,
    );
  const facts = [
    packed.kernel !== undefined && `Linux ${textOf(packed.kernel)}`,
    packed.ms > 0 && `${(packed.ms / 1000).toFixed(1)} s`,
    packed.evidence !== undefined && `evidence: ${textOf(packed.evidence)}/`,
  ].filter((fact) => fact !== false);
  if (facts.length > 0) yield h('p', { class: 'hint' }, facts.join(', '));
}

/** What each oracle saw, objections first. @param {number[][]} list */
function oracles(list) {
  const rows = [...list]
    .sort(([, a = 0], [, b = 0]) => a - b)
    .map(([name, verdict = 4, detail]) =>
      h(
        'tr',
        { role: 'row' },
        h('th', { role: 'rowheader', scope: 'row' }, textOf(name)),
        h('td', { role: 'cell' }, badge(verdict, ORACLE_NAMES[verdict])),
        h('td', { role: 'cell', class: 'detail' }, textOf(detail)),
      ),
    );
  return h(
    'section',
    {},
    h('h3', {}, 'What each oracle saw'),
    h('table', { class: 'oracles', role: 'table' }, h('tbody', {}, ...rows)),
  );
}

/** In the order in which they ran. @param {number[][]} list */
function subtests(list) {
  const rows = list.map(([name, status, detail]) =>
    h(
      'tr',
      {},
      h('th', { scope: 'row' }, textOf(name)),
      h('td', { class: `subtest-${textOf(status)}` }, textOf(status)),
      h('td', { class: 'detail' }, textOf(detail)),
    ),
  );
  return h(
    'section',
    {},
    h('h3', {}, 'Tests of the command'),
    h('table', { class: 'figures' }, h('tbody', {}, ...rows)),
  );
}

/** @param {number[][]} list */
function metrics(list) {
  const rows = list.map(([name, unit, value = 0]) =>
    h(
      'tr',
      {},
      h('th', { scope: 'row' }, textOf(name)),
      h('td', { class: 'num' }, value.toLocaleString('en-US')),
      h('td', {}, textOf(unit)),
    ),
  );
  return h('section', {}, h('h3', {}, 'Figures'), h('table', { class: 'figures' }, h('tbody', {}, ...rows)));
}
