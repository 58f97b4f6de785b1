/**
 * Suite -> cells: the product of each block, each combination either planned with its expectation or pruned with the reason.
 */

import { archOf } from '../arches/index.js';
import { devicesOf, hostPath, p2pRouteBy, peerDriver } from '../fabric/index.js';
import {
  type Backend,
  cellSeed,
  DriverBackend,
  type Expectation,
  type Machine,
  type PciNode,
  type Plant,
  type PrunedCell,
  runtimeOf,
  type Topology,
  translates,
  UsageError,
  walk,
} from '../model/index.js';
import {
  type Block,
  type Cell,
  CHURN_CACHED_KIB,
  CHURN_KIB,
  COST_REGION_KIB,
  decideCtlIo,
  decidePmem,
  decideRegister,
  ktapLacks,
  MEMORY_PATHS,
  RANGES_SPAN,
  SECRET_KIB,
  type Suite,
  userCostLacks,
  vfioLacks,
  type Workload,
} from '../workloads/index.js';
import { guestOf } from './boots.js';
import { pairwise } from './pairwise.js';
import { traitsOf } from './traits.js';

export interface Plan {
  cells: Cell[];
  pruned: PrunedCell[];
  /** How many cells could run and were left out, because those that are there show every pair of parts. */
  omitted: number;
}

export type Combination = {
  machine: Machine;
  topology: Topology;
  workload: Workload;
  backend: Backend;
  plant: Plant | undefined;
};

export type Decision = { run: Expectation } | { prune: string };

/** A combination that can run, before a suite has chosen it. */
type Planned = Combination & Pick<Cell, 'id' | 'expect'>;

export function expand(suite: Suite, runSeed: number): Plan {
  const plan: Plan = { cells: [], pruned: [], omitted: 0 };
  const seen = new Map<string, { combination: Combination; kept: boolean }>();
  for (const block of suite.blocks) {
    if ((block.plant === undefined) !== (block.caughtBy === undefined)) {
      throw new UsageError(`suite '${suite.id}': a block names 'plant' and 'caughtBy' together or not at all`);
    }
    const runnable: Planned[] = [];
    for (const combination of combinations(block)) {
      const id = cellId(combination);
      const earlier = seen.get(id);
      if (earlier !== undefined && !sameContent(earlier.combination, combination)) {
        throw new UsageError(
          `suite '${suite.id}': two different cells would be called '${id}'`,
          'give the machine, topology or workload that differs an id of its own',
        );
      }
      if (earlier?.kept) continue;
      const decision = decide(combination, block);
      if ('prune' in decision) {
        plan.pruned.push({ id, reason: decision.prune });
        seen.set(id, { combination, kept: true });
      } else {
        runnable.push({ id, ...combination, expect: decision.run });
        seen.set(id, { combination, kept: false });
      }
    }
    const { cover = 'product' } = block;
    const chosen = cover === 'product' ? runnable : coverParts(runnable, cover, new Set(plan.cells.map(guestOf)));
    for (const { id, expect, ...combination } of chosen) {
      plan.cells.push(cellOf(id, combination, expect, runSeed));
      seen.set(id, { combination, kept: true });
    }
  }
  for (const { kept } of seen.values()) if (!kept) plan.omitted += 1;
  return plan;
}

export function cellOf(id: string, { plant, ...parts }: Combination, expect: Expectation, runSeed: number): Cell {
  return { id, ...parts, ...(plant === undefined ? {} : { plant }), expect, seed: cellSeed(runSeed, id) };
}

type Cover = 'pairwise' | 'each';

/**
 * Every pair of parts that can run, or each part, in few cells. What cannot be shown covers nothing that can, and is said as sparsely.
 */
function coverParts(cells: readonly Planned[], by: Cover, there: ReadonlySet<string>): Planned[] {
  const shown = cells.filter(({ expect }) => expect.kind !== 'not-modelled');
  const notModelled = cells.filter(({ expect }) => expect.kind === 'not-modelled');
  return [shown, notModelled].flatMap((some) => {
    const guests = some.map(guestOf);
    const cover = some.map(by === 'each' ? eachPart : pairsOfParts);
    const chosen = pairwise(
      cover.map(({ values }) => values),
      { also: (index) => cover[index]?.also ?? [], setUp: (index) => guests[index] ?? '', there },
    );
    return chosen.flatMap((index) => some[index] ?? []);
  });
}

function eachPart({ machine, topology, workload, backend }: Planned): { values: string[]; also: string[] } {
  return { values: [], also: [`on ${machine.id}`, `in ${topology.id}`, `does ${workload.id}`, `by ${backend}`] };
}

/**
 * Every refusal is there, since each rests on a rule of its own: for each pair of ends and each kind of machine that decides about it, by some
 * backend; and every machine, even one whose every trait others show.
 */
function pairsOfParts({ machine, topology, workload, backend, expect }: Planned): { values: string[]; also: string[] } {
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

/** Cells that say the same are the same. */
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

/** Parts that say the same have the same number: thousands of cells share them, and are compared by it. */
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

export function decide(combination: Combination, block: Block): Decision {
  const { machine, topology, workload, backend } = combination;
  const { nodes, duts } = devicesOf(topology);
  const [dut] = duts;
  if (dut === undefined) return { prune: 'the topology has no NVMe with the role dut' };
  if (duts.length > 1) return { prune: `the topology has ${duts.length} NVMes with the role dut` };
  const { secondHostBridge } = archOf(machine).lacks;
  if (secondHostBridge !== undefined && nodes.some(({ kind }) => kind === 'host-bridge'))
    return { prune: secondHostBridge };
  const needed = diskKiB(workload);
  if (needed > dut.sizeMiB * 1024) {
    return { prune: `the workload needs ${needed} KiB of disk and the dut has ${dut.sizeMiB} MiB` };
  }
  const cost = decideCost(machine, nodes, workload, backend);
  if (cost !== undefined) return { prune: cost };
  if (workload.kind === 'fio-verify') {
    const small = workload.jobs.find((job) => job.blockSize % dut.blockSize !== 0);
    if (small)
      return { prune: `job '${small.name}' uses blocks that are no multiple of the disk's ${dut.blockSize} bytes` };
  }
  if (workload.kind === 'engine') {
    if (!nodes.some((node) => node.kind === workload.engine))
      return { prune: `the topology has no ${workload.engine}` };
    if (backend === 'iter' || backend === 'iova') {
      return { prune: 'an engine has no requests: its memory is mapped by sg, phyr16 or phyr8' };
    }
  }
  if (workload.kind === 'vfio') {
    const lacks = vfioLacks(machine, nodes, workload, backend);
    if (lacks !== undefined) return { prune: lacks };
    if (block.caughtBy === undefined) return { run: { kind: 'works', how: 'iova' } };
  }
  if (workload.kind === 'register') {
    const decision = decideRegister(machine, topology, workload, backend, hostPath(machine));
    if ('prune' in decision || block.caughtBy === undefined) return decision;
  }
  if (workload.kind === 'user-cost') {
    const lacks = userCostLacks(machine, nodes, workload, backend);
    if (lacks !== undefined) return { prune: lacks };
  }
  if (workload.kind === 'ctl-io') {
    const decision = decideCtlIo(machine, topology, workload, backend, dut.id, hostPath(machine));
    if ('prune' in decision || block.caughtBy === undefined) return decision;
  }
  if (workload.kind === 'pmem') {
    const decision = decidePmem(machine, workload, backend);
    if ('prune' in decision || block.caughtBy === undefined) return decision;
  }
  if (workload.kind === 'ktap' || workload.kind === 'kernel-check') {
    if (backend !== 'phyr8') return { prune: 'it tests no backend of the driver: it is run once' };
    const lacks = workload.kind === 'ktap' ? ktapLacks(machine, nodes, workload) : undefined;
    if (lacks !== undefined) return { prune: lacks };
  }
  if (workload.kind === 'hot-remove' && workload.how === 'unplug') {
    const over = [...walk(topology)].find(({ node }) => node === dut)?.above.at(-1);
    if (over?.kind === 'multifunction') return { prune: 'the dut is a function of a card, which only goes as a whole' };
    if (over === undefined) return { prune: 'the dut stands on the root bus, whose devices stay where they are' };
    if (runtimeOf(machine.iommu) !== undefined)
      return { prune: 'a device that comes back is in a new group, with the domain that the kernel was booted with' };
  }
  if (block.caughtBy !== undefined)
    return { run: { kind: 'caught', by: block.caughtBy, ...(block.blinds && { blinds: block.blinds }) } };
  if (workload.kind === 'kernel-check') return { run: { kind: 'caught', by: ['kernel-log'] } };
  if (workload.kind === 'p2p-copy') {
    const peer = nodes.find((node) => node.id === workload.peer);
    if (peer === undefined || peerDriver(peer) === undefined) {
      return { prune: `the topology has no peer memory called '${workload.peer}'` };
    }
    const { kind, why, ...route } = p2pRouteBy(backend, machine, topology, dut.id, peer.id);
    return { run: kind === 'not-modelled' ? { kind, why } : ({ kind, ...route } as Expectation) };
  }
  return { run: { kind: 'works', how: hostPath(machine) } };
}

/** Why a cell cannot measure what it is for, or measures what no other workload should. */
function decideCost(
  machine: Machine,
  nodes: readonly PciNode[],
  workload: Workload,
  backend: Backend,
): string | undefined {
  const counted = workload.kind === 'map-cost' || workload.kind === 'io-cost' || workload.kind === 'user-cost';
  if (counted && machine.clock !== 'icount') return 'instruction counts need a machine whose clock is icount';
  if (!counted && machine.clock === 'icount')
    return 'I/O workloads run on the wall clock; icount machines are for counting';
  const driven = DriverBackend.safeParse(backend).success;
  if (workload.kind === 'map-cost') {
    if (backend === 'nvme') return "the kernel's nvme driver maps only its own requests, which the probe cannot make";
    if (backend === 'raw' && !translates(machine.iommu)) return 'iommu_map() is called only where an IOMMU translates';
  } else if (!driven && !(workload.kind === 'io-cost' && backend === 'nvme'))
    return `'${backend}' is no way in which phyr_nvme maps a request`;
  if (workload.kind === 'throughput' && !nodes.some((node) => node.kind === 'nvme' && node.role === 'reference'))
    return 'the topology has no disk for the kernel to be measured with';
  return undefined;
}

/** How much of the dut's disk a workload uses, in KiB. */
export function diskKiB(workload: Workload): number {
  switch (workload.kind) {
    case 'fio-verify':
      return workload.jobs.reduce((sum, job) => sum + job.regionKiB * job.jobs, SECRET_KIB);
    case 'crosscheck':
      return 2 * workload.sizeKiB + SECRET_KIB;
    case 'p2p-copy':
      return 4 * workload.sizeKiB;
    case 'ctl-io':
      return workload.via.length * (2 * workload.sizeKiB + (workload.ranges === undefined ? 0 : RANGES_SPAN / 1024));
    case 'pmem':
    case 'lifetime':
      return 2 * MEMORY_PATHS.length * workload.sizeKiB;
    case 'memory-copy':
      return (4 * workload.memory.length * workload.heads.length * workload.bytes) / 1024;
    case 'filesystem':
      return 32 * 1024;
    case 'map-cost':
    case 'engine':
    case 'vfio':
    case 'register':
    case 'user-cost':
    case 'ktap':
    case 'kernel-check':
      return 0;
    case 'io-cost':
    case 'throughput':
      return 2 * COST_REGION_KIB;
    case 'stress':
      return SECRET_KIB + workload.threads * CHURN_KIB + CHURN_CACHED_KIB;
    case 'hot-remove':
      return SECRET_KIB + 2 * workload.threads * CHURN_KIB;
  }
}
