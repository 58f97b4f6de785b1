/** Which cells to try first: those that are cheap, and that have killed mutants of this file, or of others. */
import type { Trial } from './trials.js';

export interface Candidate {
  cell: string;
  ms: number;
}

export function inOrderOfPromise(cells: readonly Candidate[], file: string, trials: readonly Trial[]): string[] {
  const rate = (cell: string) => {
    let [kills, tries] = [1, 2];
    for (const { outcome, file: other } of trials) {
      const weight = other === file ? 4 : 1;
      const killed = outcome.kind === 'killed' && outcome.by === cell;
      if (killed) kills += weight;
      if (killed || ('cells' in outcome && outcome.cells.includes(cell))) tries += weight;
    }
    return kills / tries;
  };
  return cells
    .map(({ cell, ms }) => ({ cell, cost: Math.max(ms, 1) / rate(cell) }))
    .sort((a, b) => a.cost - b.cost || (a.cell < b.cell ? -1 : 1))
    .map(({ cell }) => cell);
}
