import type { Machine } from '../model/index.js';
import { type Cell, kindOf } from '../workloads/index.js';

/** Cells that share one boot of one guest, in the order of the plan. */
export interface Boot {
  cells: Cell[];
}

/**
 * The boots of a plan: cells of the same machine and topology share one. What needs modules with planted defects gets a boot of
 * its own: they are built differently, and what is broken must not colour a neighbour. What is not modelled needs none.
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

/** A run of so many such guests at most has all their states kept: with KVM one boots in a second, under emulation for many, and there is room for them. */
const FEW = { kvm: 8, tcg: 150 };

/**
 * Is it worth a second and a hundred megabytes to keep the state in which the guest of a boot is ready? Where there are so few that a
 * person will run them again, and where others of the same run go on from it. Of those whose state can be had.
 */
export function keptStates(
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

/** The guest that a cell runs in, as it is before any module of ours is in it. */
export function guestOf({ machine, topology }: Pick<Cell, 'machine' | 'topology'>): string {
  return `${machine.id}/${topology.id}`;
}

/** Does it need modules that can be made to go wrong? */
export function builtWithPlants({ plant, workload }: Pick<Cell, 'plant' | 'workload'>): boolean {
  return plant !== undefined || kindOf(workload).faultyModules(workload);
}

/** What a host gives to guests, or what a guest takes of it. */
export interface Load {
  /** One is what a guest with one or two vCPUs takes: such a guest mostly waits. */
  slots: number;
  memoryMiB: number;
}

/** Besides the guest's memory: QEMU itself and the page cache of its disks. MiB. */
const OVERHEAD_MIB = 256;

/** What a guest touches whose memory is large only so that some of it lies beyond its device's reach. MiB. */
const TOUCHED_MIB = 1024;

export function loadOf(machine: Machine): Load {
  const memoryMiB = machine.dmaBits === undefined ? machine.memoryMiB : Math.min(machine.memoryMiB, TOUCHED_MIB);
  return { slots: Math.ceil(machine.vcpus / 2), memoryMiB: memoryMiB + (machine.nvdimmMiB ?? 0) + OVERHEAD_MIB };
}

/**
 * What guests may take of a host: a slot a processor, since emulated vCPUs beyond that only wait for each other, unless the user
 * names another number; and two thirds of its memory.
 */
export function hostLoad(cpus: number, memoryMiB: number, jobs = cpus): Load {
  return { slots: Math.max(1, jobs), memoryMiB: Math.floor((memoryMiB * 2) / 3) };
}
