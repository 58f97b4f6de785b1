import type { Machine } from '../model/index.js';
import { type Cell, kindOf } from '../workloads/index.js';

/** Cells that share one boot of one guest, in the order of the plan. */
export interface Boot {
  cells: Cell[];
}

/**
 * The boots of a plan. Cells of the same machine and topology share one. A cell with a planted defect has its own, because its modules differ
 * and a defect must not affect other cells. Cells that are not modelled need none.
 */
export function groupIntoBoots(cells: readonly Cell[]): Boot[] {
  const boots = new Map<string, Boot>();
  for (const cell of cells) {
    if (cell.expect.kind === 'not-modelled') continue;
    const key = builtWithPlants(cell) ? cell.id : guestOf(cell);
    const boot = boots.get(key);
    if (boot) boot.cells.push(cell);
    else boots.set(key, { cells: [cell] });
  }
  return [...boots.values()];
}

/** A run with at most this many guests keeps snapshots of all: with KVM a guest boots in a second, under emulation in many. */
const FEW = { kvm: 8, tcg: 150 };

/**
 * Which boots are worth a snapshot, which takes a second and a hundred megabytes? If a run has few guests, because a user will probably run
 * them again, and if the same run restores it. Only for guests that QEMU can save.
 */
export function snapshotsToSave(
  boots: readonly Boot[],
  accelerator: keyof typeof FEW,
  canSave: (cell: Cell) => boolean,
): (boot: Boot) => boolean {
  const count = new Map<string, number>();
  for (const { cells } of boots) {
    const [cell] = cells;
    if (cell !== undefined && canSave(cell)) count.set(guestOf(cell), (count.get(guestOf(cell)) ?? 0) + 1);
  }
  const few = count.size <= FEW[accelerator];
  return ({ cells: [cell] }) => {
    const times = cell === undefined ? 0 : (count.get(guestOf(cell)) ?? 0);
    return few ? times > 0 : times > 1;
  };
}

/** The guest of a cell, before any of our modules is loaded. */
export function guestOf({ machine, topology }: Pick<Cell, 'machine' | 'topology'>): string {
  return `${machine.id}/${topology.id}`;
}

/** Does it need modules built with planted defects and failures? */
export function builtWithPlants({ plant, workload }: Pick<Cell, 'plant' | 'workload'>): boolean {
  return plant !== undefined || kindOf(workload).faultyModules(workload);
}

/** The capacity of a host, or the part of it that a guest takes. */
export interface Load {
  /** A guest with one or two vCPUs takes one slot, because it mostly waits. */
  slots: number;
  memoryMiB: number;
}

/** In MiB, in addition to the guest's memory: QEMU itself and the page cache of its disks. */
const OVERHEAD_MIB = 256;

/** In MiB: how much a guest touches whose memory is only large so that some is beyond its device's DMA mask. */
const TOUCHED_MIB = 1024;

export function loadOf(machine: Machine): Load {
  const memoryMiB = machine.dmaBits === undefined ? machine.memoryMiB : Math.min(machine.memoryMiB, TOUCHED_MIB);
  return { slots: Math.ceil(machine.vcpus / 2), memoryMiB: memoryMiB + (machine.nvdimmMiB ?? 0) + OVERHEAD_MIB };
}

/**
 * How much of a host guests may take: one slot per processor, because more emulated vCPUs would only wait for each other, unless the user asks
 * for another number; and two thirds of its memory.
 */
export function hostLoad(cpus: number, memoryMiB: number, jobs = cpus): Load {
  return { slots: Math.max(1, jobs), memoryMiB: Math.floor((memoryMiB * 2) / 3) };
}
