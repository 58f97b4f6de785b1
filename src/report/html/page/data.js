/**
 * What the report says, read from the data element. Every text in it came from a guest or may have: it gets into the page by
 * textContent only (dom.js).
 */
export const VERDICTS = ['fail', 'lost', 'inconclusive', 'skip', 'xfail', 'caught', 'pass'];
/** Colour is never the only sign of a verdict. */
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
