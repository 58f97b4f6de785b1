/**
 * Expands a suite into cells: the product of the parts of each block. Each combination is planned with its expected result, or pruned with a reason.
 */
import { archOf } from '../arches/index.js';
import { devicesOf } from '../fabric/index.js';
import {
  type Backend,
  cellSeed,
  type Expectation,
  type Machine,
  type Plant,
  type PrunedCell,
  type Topology,
  translates,
  UsageError,
} from '../model/index.js';
import {
  type Block,
  type Cell,
  type Decision,
  kindOf,
  partsOf,
  type Suite,
  type Workload,
} from '../workloads/index.js';
import { guestOf } from './boots.js';
import { pairwise } from './pairwise.js';
import { traitsOf } from './traits.js';

export interface Plan {
  cells: Cell[];
  pruned: PrunedCell[];
  /** How many cells that could run are omitted, because the others cover every pair of parts. */
  omitted: number;
}

export type Combination = {
  machine: Machine;
  topology: Topology;
  workload: Workload;
  backend: Backend;
  plant: Plant | undefined;
};

/** A combination that can run, before the suite's coverage is applied. */
interface Planned extends Pick<Cell, 'id' | 'expect'> {
  combination: Combination;
}

export function expand(suite: Suite, runSeed: number): Plan {
  const plan: Plan = { cells: [], pruned: [], omitted: 0 };
  const seen = new Map<string, Combination>();
  /** Of those: what is planned or pruned. */
  const settled = new Set<string>();
  for (const block of suite.blocks) {
    if ((block.plant === undefined) !== (block.caughtBy === undefined)) {
      throw new UsageError(`suite '${suite.id}': a block names 'plant' and 'caughtBy' together or not at all`);
    }
    const runnable: Planned[] = [];
    for (const combination of combinations(block)) {
      const id = cellId(combination);
      const earlier = seen.get(id);
      if (earlier !== undefined && !sameContent(earlier, combination)) {
        throw new UsageError(
          `suite '${suite.id}': two different cells would be called '${id}'`,
          'give the machine, topology or workload that differs an id of its own',
        );
      }
      if (settled.has(id)) continue;
      seen.set(id, combination);
      const decision = decide(combination, block);
      if ('prune' in decision) {
        plan.pruned.push({ ...partsOf({ id, ...combination }), reason: decision.prune });
        settled.add(id);
      } else {
        runnable.push({ id, combination, expect: decision.run });
      }
    }
    const { cover = 'product' } = block;
    const chosen = cover === 'product' ? runnable : coverParts(runnable, cover, new Set(plan.cells.map(guestOf)));
    for (const { id, combination, expect } of chosen) {
      plan.cells.push(cellOf(id, combination, expect, runSeed));
      settled.add(id);
    }
  }
  plan.omitted = seen.size - settled.size;
  return plan;
}

export function cellOf(id: string, { plant, ...parts }: Combination, expect: Expectation, runSeed: number): Cell {
  return { id, ...parts, ...(plant === undefined ? {} : { plant }), expect, seed: cellSeed(runSeed, id) };
}

type Cover = 'pairwise' | 'each';

/**
 * Covers every pair of parts, or each part, with few cells. Cells that are not modelled cannot cover those that run, so both are reduced separately.
 */
function coverParts(cells: readonly Planned[], by: Cover, there: ReadonlySet<string>): Planned[] {
  const shown = cells.filter(({ expect }) => expect.kind !== 'not-modelled');
  const notModelled = cells.filter(({ expect }) => expect.kind === 'not-modelled');
  return [shown, notModelled].flatMap((some) => {
    const guests = some.map(({ combination }) => guestOf(combination));
    const cover = some.map(by === 'each' ? eachPart : pairsOfParts);
    const chosen = pairwise(
      cover.map(({ values }) => values),
      { also: (index) => cover[index]?.also ?? [], setUp: (index) => guests[index] ?? '', there },
    );
    return chosen.flatMap((index) => some[index] ?? []);
  });
}

function eachPart({ combination }: Planned): { values: string[]; also: string[] } {
  const { machine, topology, workload, backend } = combination;
  return { values: [], also: [`on ${machine.id}`, `in ${topology.id}`, `does ${workload.id}`, `by ${backend}`] };
}

/**
 * Pairwise coverage of traits, and in addition every machine and every refusal: each refusal follows from a rule of its own. It needs only one
 * backend for each pair of devices and kind of machine.
 */
function pairsOfParts({ combination, expect }: Planned): { values: string[]; also: string[] } {
  const { machine, topology, workload, backend } = combination;
  const { arch, iommu, hostBridgeP2p } = machine;
  const refusal = () => [topology.id, workload.id, arch, iommu.kind, translates(iommu), hostBridgeP2p].join('/');
  return {
    values: [...traitsOf(machine), topology.id, workload.id, backend],
    also: expect.kind === 'refused' ? [machine.id, `${expect.errno} ${refusal()}`] : [machine.id],
  };
}

export function* combinations(block: Block): Generator<Combination> {
  for (const machine of block.machines)
    for (const topology of block.topologies)
      for (const workload of block.workloads)
        for (const backend of block.backends) yield { machine, topology, workload, backend, plant: block.plant };
}

/** Equal declarations are the same cell. */
export function sameContent(a: Combination, b: Combination): boolean {
  const same = (one: object, other: object) => one === other || numberOf(one) === numberOf(other);
  return (
    a.backend === b.backend &&
    a.plant === b.plant &&
    same(a.machine, b.machine) &&
    same(a.topology, b.topology) &&
    same(a.workload, b.workload)
  );
}

const numbers = new Map<string, number>();
const numbered = new WeakMap<object, number>();

/** Equal parts have the same number, by which thousands of cells are compared quickly. */
function numberOf(part: object): number {
  const known = numbered.get(part);
  if (known !== undefined) return known;
  const text = JSON.stringify(part);
  const number = numbers.get(text) ?? numbers.size;
  numbers.set(text, number);
  numbered.set(part, number);
  return number;
}

export function cellId({ machine, topology, workload, backend, plant }: Combination): string {
  return `${machine.id}/${topology.id}/${workload.id}/${backend}${plant === undefined ? '' : `!${plant}`}`;
}

export function decide({ machine, topology, workload, backend }: Combination, block: Block): Decision {
  const { nodes, duts } = devicesOf(topology);
  const [dut] = duts;
  if (dut === undefined) return { prune: 'the topology has no NVMe with the role dut' };
  if (duts.length > 1) return { prune: `the topology has ${duts.length} NVMes with the role dut` };
  const { secondHostBridge } = archOf(machine).lacks;
  if (secondHostBridge !== undefined && nodes.some((node) => node.kind === 'host-bridge'))
    return { prune: secondHostBridge };
  const kind = kindOf(workload);
  const needed = kind.diskKiB(workload);
  if (needed > dut.sizeMiB * 1024)
    return { prune: `the workload needs ${needed} KiB of disk and the dut has ${dut.sizeMiB} MiB` };
  if (machine.clock !== kind.clock) return { prune: OTHER_CLOCK[kind.clock] };
  const backends = kind.backends(workload);
  if (!backends.has.includes(backend)) return { prune: backends.why(backend) };
  const decision = kind.decide(workload, { machine, topology, nodes, dut, backend });
  if ('prune' in decision || block.caughtBy === undefined) return decision;
  return { run: { kind: 'caught', by: block.caughtBy, ...(block.blinds && { blinds: block.blinds }) } };
}

/** Does the machine have the clock that the workload needs? */
const OTHER_CLOCK: Record<Machine['clock'], string> = {
  icount: 'instruction counts need a machine whose clock is icount',
  wall: 'I/O workloads run on the wall clock; icount machines are for counting',
};
