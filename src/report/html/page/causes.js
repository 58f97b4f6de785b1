/** What went wrong: a card for each cause, the worst first. */

import { breakable, openCell } from './cell.js';
import { CELLS, DATA, textOf, VERDICTS } from './data.js';
import { badge, byId, commandLine, consoleOf, h, paged } from './dom.js';

/** If there are more causes than this, only the first card is open, so that all causes are visible. */
const MOST_OPEN = 2;
const FEW = 8;

export function drawCauses() {
  const cards = h('div');
  const more = paged(cards, DATA.causes, (cause, at) => causeCard(cause, at === 0 || DATA.causes.length <= MOST_OPEN));
  byId('cause-list').replaceChildren(cards, more);
}

/** @param {import('../packed.js').PackedCause} cause @param {boolean} open */
function causeCard(cause, open) {
  const cells = cause.cells.flatMap((at) => CELLS[at] ?? []);
  const [first] = cells;
  const summary = h(
    'summary',
    {},
    badge(cause.v),
    h(
      'span',
      { class: 'finding' },
      cause.oracle !== undefined && h('span', { class: 'oracle' }, `${textOf(cause.oracle)}: `),
      textOf(cause.finding),
    ),
    h('span', { class: 'many' }, cells.length === 1 ? '1 cell' : `${cells.length} cells`),
  );
  const card = h('details', { class: `cause edge-${VERDICTS[cause.v]}`, open }, summary);
  // Filled when first opened, because there may be hundreds of cards.
  const fill = () => {
    if (card.childElementCount > 1 || first === undefined) return;
    const logs = cells.flatMap(({ packed }) => packed.log ?? []);
    const log = logs.find(({ lines }) => lines.length > 0) ?? logs[0];
    card.append(
      h(
        'div',
        { class: 'cause-body' },
        where(cause.where),
        ...cause.also.map(([name, verdict = 0, detail]) =>
          h('p', { class: 'also' }, badge(verdict, textOf(name)), ` ${textOf(detail)}`),
        ),
        log !== undefined && consoleOf(log),
        h('p', { class: 'label' }, 'Reproduce'),
        commandLine(first.repro),
        cellButtons(cells),
      ),
    );
  };
  card.addEventListener('toggle', fill);
  if (open) fill();
  return card;
}

/** @param {import('../packed.js').PackedCause['where']} parts */
function where(parts) {
  const lines = parts.map(([part, values, passesWith, all]) => {
    const names = values.map(textOf);
    const passing = passesWith.map(textOf);
    return [
      h('dt', {}, part),
      h(
        'dd',
        {},
        all ? `any of ${names.length}` : h('b', {}, some(names)),
        passing.length > 0 && h('span', { class: 'passes' }, ` · passes with ${some(passing)}`),
      ),
    ];
  });
  return h('dl', { class: 'where' }, ...lines.flat());
}

/** @param {string[]} names */
function some(names) {
  return names.length > FEW ? `${names.slice(0, FEW).join(', ')} and ${names.length - FEW} more` : names.join(', ');
}

/** @param {import('./data.js').ShownCell[]} cells */
function cellButtons(cells) {
  const list = h('div', { class: 'cell-buttons' });
  /** @param {import('./data.js').ShownCell[]} which */
  const add = (which) =>
    list.append(
      ...which.map((cell) =>
        h('button', { type: 'button', class: 'cell-link', click: () => openCell(cell, cells) }, ...breakable(cell)),
      ),
    );
  add(cells.slice(0, FEW));
  if (cells.length > FEW) {
    const more = h(
      'button',
      {
        type: 'button',
        click: () => {
          more.remove();
          add(cells.slice(FEW));
        },
      },
      `all ${cells.length} cells`,
    );
    list.append(more);
  }
  return list;
}
