import type { Cell } from '../model/index.js';

/** Cells that share one boot of one guest, in the order of the plan. */
export interface Boot {
  cells: Cell[];
}

/**
 * Cells with the same machine and topology share a boot. A planted defect gets a boot of its own: its modules are built
 * differently, and what it breaks must not colour a neighbour. What is not modelled needs none.
 */
export function groupIntoBoots(cells: readonly Cell[]): Boot[] {
  const boots = new Map<string, Boot>();
  for (const cell of cells) {
    if (cell.expect.kind === 'not-modelled') continue;
    const key = cell.plant === undefined ? `${cell.machine.id}/${cell.topology.id}` : cell.id;
    const boot = boots.get(key);
    if (boot) boot.cells.push(cell);
    else boots.set(key, { cells: [cell] });
  }
  return [...boots.values()];
}

/** Besides the guest's memory: QEMU itself and the page cache of its disks. MiB. */
const OVERHEAD_MIB = 256;

/**
 * How many guests at once a host carries: one a processor, since emulated vCPUs beyond that only wait for each other, and no more
 * than fit into two thirds of its memory. At least one.
 */
export function defaultJobs(cpus: number, memoryMiB: number, cells: readonly Cell[]): number {
  const largest = Math.max(1, ...cells.map((cell) => cell.machine.memoryMiB + OVERHEAD_MIB));
  return Math.max(1, Math.min(cpus, Math.floor((memoryMiB * 2) / 3 / largest)));
}
