import type { Cell } from '../model/index.js';

/** Cells that share one boot of one guest, in the order of the plan. */
export interface Boot {
  cells: Cell[];
}

/**
 * Cells with the same machine and topology share a boot. A planted defect gets a boot of its own: its modules are built
 * differently, and what it breaks must not colour a neighbour.
 */
export function groupIntoBoots(cells: readonly Cell[]): Boot[] {
  const boots = new Map<string, Boot>();
  for (const cell of cells) {
    const key = cell.plant === undefined ? `${cell.machine.id}/${cell.topology.id}` : cell.id;
    const boot = boots.get(key);
    if (boot) boot.cells.push(cell);
    else boots.set(key, { cells: [cell] });
  }
  return [...boots.values()];
}

/** How many boots at once a host of `cpus` processors carries when the largest machine has `vcpus`; at least one. */
export function defaultJobs(cpus: number): number {
  return Math.max(1, cpus);
}
