import { z } from 'zod';
import { Backend, Id, translates } from '../../model/index.js';
import { defineKind, never, none } from '../kind.js';
import { worksOnHost } from '../shared/decision.js';
import type { Figures } from '../shared/figures.js';
import { CostPoint } from './points.js';

/**
 * The cost of building, mapping, using and unmapping a list, in instructions and other counts. Needs a machine with the
 * clock `icount`.
 */
export const MapCost = z.strictObject({ id: Id, kind: z.literal('map-cost'), points: z.array(CostPoint).min(1) });
export type MapCost = z.infer<typeof MapCost>;

export const figures = {
  build: { unit: 'insn', better: 'lower', phase: true, table: 'phase' },
  map: { unit: 'insn', better: 'lower', phase: true, table: 'phase' },
  consume: { unit: 'insn', better: 'lower', phase: true, table: 'phase' },
  unmap: { unit: 'insn', better: 'lower', phase: true, table: 'phase' },
  metadata: { unit: 'B', better: 'lower', table: 'count' },
  segments: { unit: '', better: 'lower', table: 'count' },
  'PRP entries': { unit: '', better: 'neither', table: 'count' },
  allocations: { unit: '', better: 'lower', table: 'count' },
  'IOTLB invalidations': { unit: '', better: 'lower', table: 'count' },
  bounces: { unit: '', better: 'lower', table: 'count' },
} satisfies Figures;

const BACKENDS = {
  has: Backend.exclude(['nvme']).options,
  why: () => "the kernel's nvme driver maps only block requests, which the probe cannot make",
};

export const mapCost = defineKind({
  name: 'map-cost',
  describe: 'instructions to build, map, use and unmap a list, and what else each costs',
  schema: MapCost,
  clock: 'icount',
  kernel: 'any',
  modules: [],
  faultyModules: never,
  backends: () => BACKENDS,
  diskKiB: () => 0,
  decide(_, setup) {
    if (setup.backend === 'raw' && !translates(setup.machine.iommu))
      return { prune: 'iommu_map() is called only where an IOMMU translates' };
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
