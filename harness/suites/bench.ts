import type { Iommu, Machine } from '../../src/model/index.js';
import type { CostPoint, Layout, Suite, Workload } from '../../src/workloads/index.js';
import { chunks2m, chunks64k, fragmented, mixed } from '../layouts.js';
import { noIommu, vtdLazy, vtdPassthroughCounting, vtdStrict, vtdStrictCounting } from '../machines.js';
import { switched } from '../topologies.js';

/** Like those of harness/machines.ts. They are declared here because the matrix, which includes all of those, measures nothing. */
function counting(id: string, iommu: Iommu, more: Partial<Machine> = {}): Machine {
  return { ...vtdStrictCounting, id, iommu, ...more };
}

const machines = [
  counting('no-iommu-icount', { kind: 'none' }),
  vtdPassthroughCounting,
  counting('vtd-lazy-icount', { kind: 'intel', domain: 'lazy' }),
  vtdStrictCounting,
  counting('vtd-sm1-icount', { kind: 'intel', domain: 'strict', scalable: 'first-stage' }),
  counting('bounced-icount', { kind: 'none' }, { bounce: 'force' }),
];

const MIB = 1024;
const GIB = 1024 * MIB;

function points(layout: Layout, ...sizes: number[]): CostPoint[] {
  return sizes.map((kib) => ({ layout, kib }));
}

/** 1 GiB only in chunks of 2 MiB: with small chunks it would take minutes and show no more than 4 MiB do. */
const mapping: Workload = {
  id: 'bench-map',
  kind: 'map-cost',
  points: [
    ...points(fragmented, 4, 16, 64, 128, 256, MIB, 4 * MIB),
    ...points(chunks64k, 64, 128, 256, MIB, 4 * MIB),
    ...points(chunks2m, 2 * MIB, 4 * MIB, 16 * MIB, 128 * MIB, GIB),
    ...points(mixed, 128, MIB, 4 * MIB),
  ],
};

/** Lists that exactly fill their links. Other lengths pay for a partly empty link. */
const metadata: Workload = {
  id: 'bench-metadata',
  kind: 'map-cost',
  points: [...points(fragmented, 4 * 32_646), ...points(chunks64k, 4 * 25_552), ...points(chunks2m, 577 * 2 * MIB)],
};

const io: Workload = { id: 'bench-io', kind: 'io-cost', sizesKiB: [4, 16, 64, 128, 256, MIB] };

const fio: Workload = {
  id: 'bench-fio',
  kind: 'throughput',
  ms: 400,
  rounds: 7,
  loads: [
    { name: 'randread-4k', op: 'randread', blockSize: 4096, depth: 1 },
    { name: 'randread-4k-deep', op: 'randread', blockSize: 4096, depth: 16 },
    { name: 'randwrite-4k-deep', op: 'randwrite', blockSize: 4096, depth: 16 },
    { name: 'read-128k', op: 'read', blockSize: 128 << 10, depth: 4 },
  ],
};

export const bench: Suite = {
  id: 'bench',
  describe:
    'instructions for mapping and for whole I/Os, by every backend on every kind of IOMMU; throughput compared with the kernel',
  blocks: [
    {
      machines,
      topologies: [switched],
      workloads: [mapping],
      // `page` last: a timer cleans up what it leaves in the kernel's IOVA caches, which would add to the counts of the next.
      backends: ['sg', 'iova', 'iter', 'raw', 'phyr16', 'phyr8', 'registered', 'page'],
    },
    {
      machines: [vtdPassthroughCounting],
      topologies: [switched],
      workloads: [metadata],
      backends: ['sg', 'phyr16', 'phyr8'],
    },
    { machines, topologies: [switched], workloads: [io], backends: ['nvme', 'sg', 'iter', 'iova', 'phyr16', 'phyr8'] },
    { machines: [noIommu, vtdLazy, vtdStrict], topologies: [switched], workloads: [fio], backends: ['iter', 'phyr8'] },
  ],
};
