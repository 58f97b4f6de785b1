import { z } from 'zod';
import { hasIommu, Id } from '../../model/index.js';
import { defineKind, never, none } from '../kind.js';
import { only, REGISTERED } from '../shared/backends.js';
import { worksOnHost } from '../shared/decision.js';
import type { Figures } from '../shared/figures.js';
import { HostMemory, RangeLayout } from '../shared/memory.js';
import { reservedRam } from '../shared/reserved-ram.js';

const HostPoint = z.strictObject({
  memory: HostMemory,
  kib: z
    .int()
    .min(4)
    .max(2 << 20)
    .multipleOf(4),
});
/** A dma-buf of RAM without struct pages. Random ranges would cost something else with each seed. */
const DmaBufPoint = z.strictObject({ memory: z.literal('dma-buf'), ranges: RangeLayout.exclude(['mixed']) });

/**
 * Instructions to give a device a process's memory, compared with the kernel's APIs: `domain` maps it into a domain of
 * the device's own, `region` registers it (or a dma-buf). Needs a machine with the clock `icount`.
 */
export const UserCost = z.discriminatedUnion('what', [
  z.strictObject({
    id: Id,
    kind: z.literal('user-cost'),
    what: z.literal('domain'),
    points: z.array(HostPoint).min(1),
  }),
  z.strictObject({
    id: Id,
    kind: z.literal('user-cost'),
    what: z.literal('region'),
    points: z.array(z.discriminatedUnion('memory', [HostPoint, DmaBufPoint])).min(1),
  }),
]);
export type UserCost = z.infer<typeof UserCost>;

export const figures = {
  map: { unit: 'insn', better: 'lower', phase: true },
  unmap: { unit: 'insn', better: 'lower', phase: true },
  'contiguous pieces': { unit: '', better: 'lower' },
  'map calls': { unit: '', better: 'lower' },
  'unmap calls': { unit: '', better: 'lower' },
  'table pages': { unit: '', better: 'lower' },
  metadata: { unit: 'B', better: 'lower' },
  register: { unit: 'insn', better: 'lower', phase: true },
  use: { unit: 'insn', better: 'lower', phase: true },
  deregister: { unit: 'insn', better: 'lower', phase: true },
  entries: { unit: '', better: 'lower' },
} satisfies Figures;

const DOMAINS = only(['phyr8', 'phyr16'], 'phyr_domain fills a domain from phyr lists only: phyr8 or phyr16');
/** What the guest needs in addition to the measured memory. In MiB. */
const SPARE_MIB = 512;

export const userCost = defineKind({
  name: 'user-cost',
  describe: "instructions to give a device a process's memory, by the kernel's APIs and by phyr lists",
  schema: UserCost,
  clock: 'icount',
  kernel: 'any',
  modules: ['phyr_domain', 'phyr_engine', 'phyr_store'],
  faultyModules: never,
  backends: ({ what }) => (what === 'domain' ? DOMAINS : REGISTERED),
  diskKiB: () => 0,
  decide(workload, setup) {
    const { machine, nodes } = setup;
    const testers = nodes.filter(({ kind }) => kind === 'iommu-testdev').length;
    if (workload.what === 'domain') {
      if (!hasIommu(machine)) return { prune: 'giving a device to a process needs an IOMMU' };
      if (testers < 2) return { prune: 'the topology needs two iommu-testdevs' };
    } else {
      if (testers < 1) return { prune: 'the topology has no iommu-testdev' };
      if (workload.points.some(({ memory }) => memory === 'dma-buf') && reservedRam(machine) === undefined)
        return { prune: 'the machine reserves no RAM for a dma-buf' };
    }
    const most = Math.max(...workload.points.map((point) => ('kib' in point ? point.kib : 0))) / 1024;
    if (most + SPARE_MIB > machine.memoryMiB)
      return { prune: `the measured ${most} MiB do not fit into the machine's ${machine.memoryMiB} MiB` };
    return worksOnHost(setup);
  },
  peer: none,
  ranges: none,
  watched: never,
  oneWay: false,
  ownDomain: false,
  powersOff: never,
  benchmark: false,
  figures,
  run: () => import('./run.js'),
});
