import { z } from 'zod';
import { Id } from '../../model/index.js';
import { defineKind, never, none } from '../kind.js';
import { OF_DRIVER } from '../shared/backends.js';
import { worksOnHost } from '../shared/decision.js';
import { COST_REGION_KIB } from '../shared/disk-layout.js';
import type { Figures } from '../shared/figures.js';

/** Throughput of one kind of I/O, by fio. */
export const FioLoad = z.strictObject({
  name: Id,
  op: z.enum(['read', 'write', 'randread', 'randwrite']),
  blockSize: z
    .int()
    .min(512)
    .max(4 << 20)
    .refine((n) => n % 512 === 0, 'must be a multiple of 512'),
  depth: z.int().min(1).max(256),
});
export type FioLoad = z.infer<typeof FioLoad>;

/** Throughput and latency of our driver and of the kernel's, in turns, on two identical disks. */
export const Throughput = z.strictObject({
  id: Id,
  kind: z.literal('throughput'),
  loads: z.array(FioLoad).min(1),
  /** Length of a turn. */
  ms: z.int().min(100).max(60_000),
  rounds: z.int().min(1).max(100),
});
export type Throughput = z.infer<typeof Throughput>;

export const figures = {
  "IOPS, of nvme's": { unit: 'x', better: 'higher', table: 'ratio' },
  "bandwidth, of nvme's": { unit: 'x', better: 'higher', table: 'ratio' },
  "p50, of nvme's": { unit: 'x', better: 'lower', table: 'ratio' },
  "p99, of nvme's": { unit: 'x', better: 'lower', table: 'ratio' },
  IOPS: { unit: 'IOPS emulated', better: 'neither' },
  bandwidth: { unit: 'MiB/s emulated', better: 'neither' },
  p50: { unit: 'us emulated', better: 'neither' },
  p99: { unit: 'us emulated', better: 'neither' },
  'IOPS of nvme': { unit: 'IOPS emulated', better: 'neither' },
  'bandwidth of nvme': { unit: 'MiB/s emulated', better: 'neither' },
  'p50 of nvme': { unit: 'us emulated', better: 'neither' },
  'p99 of nvme': { unit: 'us emulated', better: 'neither' },
} satisfies Figures;

export const throughput = defineKind({
  name: 'throughput',
  describe: "throughput and latency of our driver beside the kernel's, in turns, on two identical disks",
  schema: Throughput,
  clock: 'wall',
  kernel: 'any',
  modules: [],
  faultyModules: never,
  backends: () => OF_DRIVER,
  diskKiB: () => 2 * COST_REGION_KIB,
  decide(_, setup) {
    if (!setup.nodes.some((node) => node.kind === 'nvme' && node.role === 'reference'))
      return { prune: 'the topology has no reference disk for the nvme driver' };
    return worksOnHost(setup);
  },
  peer: none,
  ranges: none,
  watched: never,
  oneWay: false,
  ownDomain: false,
  powersOff: never,
  benchmark: true,
  figures,
  run: () => import('./run.js'),
});
