/** Filters, the theme, and drawing. */

import { drawCauses } from './causes.js';
import { dialog, openCell } from './cell.js';
import { CELLS, NAMES, SIGNS, VERDICTS } from './data.js';
import { byId, h } from './dom.js';
import { drawList } from './list.js';
import { drawMatrix, view } from './matrix.js';

const wanted = { text: '', verdicts: new Set(VERDICTS.keys()) };

function filtered() {
  const words = wanted.text
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== '');
  return CELLS.filter(
    ({ verdict, id, reason }) =>
      wanted.verdicts.has(verdict) && words.every((word) => id.includes(word) || reason.toLowerCase().includes(word)),
  );
}

function draw() {
  const shown = filtered();
  drawMatrix(shown);
  drawList(shown);
  byId('shown').textContent =
    `${shown.length.toLocaleString('en-US')} of ${CELLS.length.toLocaleString('en-US')} cells`;
}

function drawFilters() {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let soon;
  const search = h('input', {
    type: 'search',
    id: 'search',
    placeholder: 'vtd phyr8 p2p',
    autocomplete: 'off',
    spellcheck: 'false',
    input: (event) => {
      wanted.text = /** @type {HTMLInputElement} */ (event.target).value;
      clearTimeout(soon);
      soon = setTimeout(draw, CELLS.length > 1000 ? 150 : 0);
    },
  });
  const verdicts = VERDICTS.map((name, verdict) => {
    const count = CELLS.filter((cell) => cell.verdict === verdict).length;
    const button = h(
      'button',
      {
        type: 'button',
        class: `toggle v-${name}`,
        'aria-pressed': 'true',
        click: () => {
          const on = !wanted.verdicts.has(verdict);
          if (on) wanted.verdicts.add(verdict);
          else wanted.verdicts.delete(verdict);
          button.setAttribute('aria-pressed', String(on));
          draw();
        },
      },
      h('span', { 'aria-hidden': 'true' }, SIGNS[verdict]),
      ` ${NAMES[verdict]} ${count.toLocaleString('en-US')}`,
    );
    return count > 0 ? button : undefined;
  });
  const rows = h(
    'select',
    {
      id: 'rows',
      change: (event) => {
        view.rows = /** @type {HTMLSelectElement} */ (event.target).value;
        draw();
      },
    },
    h('option', { value: 'machine', selected: view.rows === 'machine' }, 'machine'),
    h('option', { value: 'topology', selected: view.rows === 'topology' }, 'machine and topology'),
  );
  byId('filters').replaceChildren(
    h('label', {}, 'cells with ', search),
    h(
      'span',
      { role: 'group', 'aria-label': 'verdicts to show', class: 'toggles' },
      ...verdicts.filter((one) => one !== undefined),
    ),
    h('label', {}, 'rows: ', rows),
    h('span', { id: 'shown', role: 'status' }),
  );
}

const THEMES = ['auto', 'light', 'dark'];

function drawTheme() {
  const button = byId('theme');
  let theme = 'auto';
  try {
    theme = localStorage.getItem('phyrlab-theme') ?? 'auto';
  } catch {
    // A browser may not allow storage for a file.
  }
  const show = () => {
    document.documentElement.dataset.theme = theme;
    button.textContent = `theme: ${theme}`;
  };
  button.hidden = false;
  button.addEventListener('click', () => {
    theme = THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length] ?? 'auto';
    try {
      localStorage.setItem('phyrlab-theme', theme);
    } catch {
      // See above.
    }
    show();
  });
  show();
}

document.addEventListener('keydown', (event) => {
  const typing = event.target instanceof HTMLInputElement || event.target instanceof HTMLSelectElement;
  if (event.key !== '/' || typing || dialog.open) return;
  event.preventDefault();
  byId('search').focus();
});

function openNamed() {
  const [, id] = /^#cell=(.+)$/.exec(location.hash) ?? [];
  const cell = id === undefined ? undefined : CELLS.find((one) => one.id === decodeURIComponent(id));
  if (cell !== undefined) openCell(cell);
}

drawTheme();
drawCauses();
drawFilters();
draw();
openNamed();
addEventListener('hashchange', openNamed);
