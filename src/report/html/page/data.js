/**
 * The data of the report. Any text in it may come from a guest, so it enters the page by textContent only (dom.js).
 */
export const VERDICTS = ['fail', 'lost', 'inconclusive', 'skip', 'xfail', 'caught', 'pass'];
/** A verdict is never shown by colour alone. */
export const SIGNS = ['✕', '!', '?', '–', '≈', '◉', '✓'];
export const NAMES = ['failed', 'lost', 'inconclusive', 'skipped', 'expected to fail', 'caught', 'passed'];
export const ORACLE_NAMES = ['objects', '', 'could not look', '', '', '', 'agrees'];

/** @type {import('../packed.js').Packed} */
export const DATA = JSON.parse(document.getElementById('data')?.textContent ?? '{}');

/** @param {number | undefined} number */
export function textOf(number) {
  return number === undefined ? '' : (DATA.texts[number] ?? '');
}

export const CELLS = DATA.cells.map((packed, at) => {
  const id = textOf(packed.id);
  const [machine = '', topology = '', workload = '', backend = ''] = packed.parts.map(textOf);
  const plant = textOf(packed.plant);
  const repro = packed.repro === undefined ? DATA.command.replaceAll('\u0001', id) : textOf(packed.repro);
  return {
    at,
    id,
    machine,
    topology,
    workload,
    backend,
    plant,
    verdict: packed.v,
    reason: textOf(packed.reason),
    repro,
    packed,
  };
});
/** @typedef {typeof CELLS[number]} ShownCell */
