import { z } from 'zod';
import { Id } from '../../model/index.js';
import { defineKind, never, none } from '../kind.js';
import { OF_DRIVER } from '../shared/backends.js';
import { worksOnHost } from '../shared/decision.js';
import { CHURN_CACHED_KIB, CHURN_KIB, SECRET_KIB } from '../shared/disk-layout.js';
import type { Figures } from '../shared/figures.js';

/**
 * I/O of all sizes, directions and alignments from many threads, direct and through the page cache, under memory
 * pressure.
 */
export const Stress = z.strictObject({
  id: Id,
  kind: z.literal('stress'),
  seconds: z.int().min(1).max(86_400),
  /** Threads with direct I/O. One more uses the page cache. */
  threads: z.int().min(1).max(64),
});
export type Stress = z.infer<typeof Stress>;

export const figures = {
  operations: { unit: '', better: 'neither' },
  reclaimed: { unit: 'pages', better: 'neither' },
} satisfies Figures;

export const stress = defineKind({
  name: 'stress',
  describe: 'I/O of all sizes, directions and alignments from many threads, under memory pressure',
  schema: Stress,
  clock: 'wall',
  kernel: 'any',
  modules: [],
  faultyModules: never,
  backends: () => OF_DRIVER,
  diskKiB: ({ threads }) => SECRET_KIB + threads * CHURN_KIB + CHURN_CACHED_KIB,
  decide: (_, setup) => worksOnHost(setup),
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
