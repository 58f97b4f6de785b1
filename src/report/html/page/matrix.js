/**
 * The matrix: a row per machine (and topology), a column per workload and backend. Each place is a button with the sign of the worst verdict
 * of its cells. The table is one stop for the Tab key; the arrow keys move within it.
 */

import { openCell } from './cell.js';
import { CELLS, NAMES, SIGNS, VERDICTS } from './data.js';
import { byId, h } from './dom.js';

const BACKENDS = ['sg', 'iter', 'iova', 'phyr16', 'phyr8'];
const PASS = VERDICTS.indexOf('pass');
/** With more rows than this, the matrix first shows a row per machine. */
const MANY_ROWS = 45;

const byTopology = new Set(CELLS.map(({ machine, topology }) => `${machine}/${topology}`)).size <= MANY_ROWS;
/** What a row stands for. */
export const view = { rows: byTopology ? 'topology' : 'machine' };

/** @param {import('./data.js').ShownCell[]} shown the cells that match the filter */
export function drawMatrix(shown) {
  const plain = shown.filter(({ plant }) => plant === '');
  const planted = shown.filter(({ plant }) => plant !== '');
  byId('matrix-tables').replaceChildren(
    ...(plain.length > 0 ? [table(plain, 'machines against workloads', (cell) => cell.workload)] : []),
    ...(planted.length > 0
      ? [
          h('h3', {}, 'Alarms: planted defects, which pass when they are caught'),
          table(planted, 'planted defects', (cell) => `${cell.workload} !${cell.plant}`),
        ]
      : []),
  );
}

/** @param {import('./data.js').ShownCell[]} cells @param {string} label @param {(cell: import('./data.js').ShownCell) => string} columnOf */
export function table(cells, label, columnOf) {
  /** @type {Map<string, Set<string>>} */
  const columns = new Map();
  /** @type {Map<string, { machine: string, topology: string, places: Map<string, import('./data.js').ShownCell[]> }>} */
  const rows = new Map();
  for (const cell of cells) {
    const { machine, backend } = cell;
    const topology = view.rows === 'topology' ? cell.topology : '';
    const column = columnOf(cell);
    columns.set(column, (columns.get(column) ?? new Set()).add(backend));
    const row = rows.get(`${machine}/${topology}`) ?? { machine, topology, places: new Map() };
    rows.set(`${machine}/${topology}`, row);
    const place = `${column}/${backend}`;
    row.places.set(place, [...(row.places.get(place) ?? []), cell]);
  }
  const across = [...columns]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, backends]) => ({
      name,
      backends: [...backends].sort((a, b) => BACKENDS.indexOf(a) - BACKENDS.indexOf(b)),
    }));
  const down = [...rows.values()].sort((a, b) =>
    `${a.machine}/${a.topology}` < `${b.machine}/${b.topology}` ? -1 : 1,
  );
  const element = h(
    'table',
    { class: 'matrix', role: 'grid', 'aria-label': label, 'aria-readonly': 'true' },
    head(across),
  );
  const body = element.appendChild(h('tbody'));
  down.forEach(({ machine, topology, places }, at) => {
    const same = view.rows === 'topology' && down[at - 1]?.machine === machine;
    const line = h(
      'tr',
      same ? {} : { class: 'first' },
      h(
        'th',
        { scope: 'row' },
        h('span', same ? { class: 'same' } : {}, machine),
        topology && h('span', { class: 'topology' }, ` ${topology}`),
      ),
    );
    for (const { name, backends } of across)
      backends.forEach((backend, index) => {
        const here = places.get(`${name}/${backend}`);
        line.append(h('td', index === 0 ? { class: 'first' } : {}, here && place(here)));
      });
    body.append(line);
  });
  const [start] = element.querySelectorAll('button');
  start?.setAttribute('tabindex', '0');
  element.addEventListener('keydown', walk);
  return h('div', { class: 'scroll', role: 'region', 'aria-label': label }, element);
}

/** @param {{ name: string, backends: string[] }[]} across */
function head(across) {
  return h(
    'thead',
    {},
    h(
      'tr',
      {},
      h(
        'th',
        { rowspan: '2', scope: 'col', class: 'corner' },
        view.rows === 'topology' ? 'machine, topology' : 'machine',
      ),
      ...across.map(({ name, backends }) =>
        h(
          'th',
          { scope: 'colgroup', colspan: String(backends.length), class: 'first' },
          h('span', {}, ...name.split(/(?<=-)/).flatMap((part) => [part, h('wbr')])),
        ),
      ),
    ),
    h(
      'tr',
      {},
      ...across.flatMap(({ backends }) =>
        backends.map((backend, index) =>
          h('th', { scope: 'col', class: `backend${index === 0 ? ' first' : ''}` }, h('span', {}, backend)),
        ),
      ),
    ),
  );
}

/** @param {import('./data.js').ShownCell[]} cells */
function place(cells) {
  const worst = Math.min(...cells.map(({ verdict }) => verdict));
  const [only] = cells;
  const said =
    cells.length === 1 && only !== undefined
      ? `${NAMES[worst]}: ${only.id}`
      : `${cells.filter(({ verdict }) => verdict === worst).length} of ${cells.length} ${NAMES[worst]}: ${only?.machine}, ${only?.workload}, ${only?.backend}`;
  const sorted = [...cells].sort((a, b) => a.verdict - b.verdict);
  return h(
    'button',
    {
      type: 'button',
      class: `place v-${VERDICTS[worst]}`,
      tabindex: '-1',
      'aria-label': said,
      title: said,
      click: () => sorted[0] && openCell(sorted[0], sorted),
    },
    // Many check marks would distract from the few cells that matter.
    worst === PASS ? '·' : (SIGNS[worst] ?? ''),
  );
}

/** @param {Event} event */
function walk(event) {
  if (!(event instanceof KeyboardEvent) || !(event.target instanceof HTMLElement)) return;
  const from = event.target.closest('td');
  const line = from?.parentElement;
  if (!from || !line) return;
  const next = neighbour(event.key, from, line);
  if (next === undefined) return;
  event.preventDefault();
  event.target.setAttribute('tabindex', '-1');
  next.setAttribute('tabindex', '0');
  next.focus();
}

/** The next button in that direction, skipping empty places. @param {string} key @param {Element} from @param {Element} line */
function neighbour(key, from, line) {
  const inLine = [...line.querySelectorAll('button')];
  const at = inLine.findIndex((button) => from.contains(button));
  const down = { ArrowDown: 'nextElementSibling', ArrowUp: 'previousElementSibling' }[key];
  if (down !== undefined) {
    const index = [...line.children].indexOf(from);
    const step = /** @type {'nextElementSibling' | 'previousElementSibling'} */ (down);
    for (let other = line[step]; other !== null; other = other[step]) {
      const button = other.children[index]?.querySelector('button');
      if (button) return button;
    }
    return undefined;
  }
  return { ArrowRight: inLine[at + 1], ArrowLeft: inLine[at - 1], Home: inLine[0], End: inLine.at(-1) }[key];
}
