import { z } from 'zod';
import { Id } from '../../model/index.js';
import { defineKind, never, none } from '../kind.js';
import { only } from '../shared/backends.js';
import { worksOnHost } from '../shared/decision.js';
import type { Figures } from '../shared/figures.js';

/** DMA by a device that does nothing else, through valid mappings, removed ones, and ones for the other direction. */
export const Engine = z.strictObject({ id: Id, kind: z.literal('engine'), engine: z.enum(['edu', 'iommu-testdev']) });
export type Engine = z.infer<typeof Engine>;

export const figures = { 'stale window': { unit: 'us', better: 'neither' } } satisfies Figures;

const BACKENDS = only(
  ['sg', 'phyr16', 'phyr8'],
  'an engine has no block requests, so only sg, phyr16 and phyr8 can map its memory',
);

export const engine = defineKind({
  name: 'engine',
  describe: 'DMA by a device that does nothing else: mapped, unmapped, in the wrong direction, beyond its mask',
  schema: Engine,
  clock: 'wall',
  kernel: 'any',
  modules: ['phyr_engine'],
  faultyModules: never,
  backends: () => BACKENDS,
  diskKiB: () => 0,
  decide({ engine }, setup) {
    if (!setup.nodes.some(({ kind }) => kind === engine)) return { prune: `the topology has no ${engine}` };
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
