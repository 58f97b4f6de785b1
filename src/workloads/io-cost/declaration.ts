import { z } from 'zod';
import { Id } from '../../model/index.js';
import { defineKind, never, none } from '../kind.js';
import { driverBackends } from '../shared/backends.js';
import { worksOnHost } from '../shared/decision.js';
import { COST_REGION_KIB } from '../shared/disk-layout.js';
import type { Figures } from '../shared/figures.js';

/**
 * Instructions of whole reads and writes in the driver, for scattered pages. Needs a machine with the clock `icount`.
 */
export const IoCost = z.strictObject({
  id: Id,
  kind: z.literal('io-cost'),
  sizesKiB: z.array(z.int().min(4).max(4096).multipleOf(4)).min(1),
});
export type IoCost = z.infer<typeof IoCost>;

export const figures = {
  whole: { unit: 'insn', better: 'lower', phase: true, table: 'whole' },
  queue: { unit: 'insn', better: 'lower', phase: true },
  complete: { unit: 'insn', better: 'lower', phase: true },
  map: { unit: 'insn', better: 'lower', phase: true },
  unmap: { unit: 'insn', better: 'lower', phase: true },
  commands: { unit: '', better: 'neither' },
} satisfies Figures;

const BACKENDS = driverBackends('nvme');

export const ioCost = defineKind({
  name: 'io-cost',
  describe: 'instructions that a driver spends on whole reads and writes of scattered pages',
  schema: IoCost,
  clock: 'icount',
  kernel: 'any',
  modules: [],
  faultyModules: never,
  backends: () => BACKENDS,
  diskKiB: () => 2 * COST_REGION_KIB,
  decide: (_, setup) => worksOnHost(setup),
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
