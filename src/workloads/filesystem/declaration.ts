import { z } from 'zod';
import { Id } from '../../model/index.js';
import { defineKind, never, none } from '../kind.js';
import { OF_DRIVER } from '../shared/backends.js';
import { worksOnHost } from '../shared/decision.js';

/** Makes a file system, fills it, unmounts it and checks it. */
export const Filesystem = z.strictObject({ id: Id, kind: z.literal('filesystem'), files: z.int().min(1).max(1000) });
export type Filesystem = z.infer<typeof Filesystem>;

export const filesystem = defineKind({
  name: 'filesystem',
  describe: "a file system made and filled through our driver, checked, and read through the kernel's",
  schema: Filesystem,
  clock: 'wall',
  kernel: 'any',
  modules: [],
  faultyModules: never,
  backends: () => OF_DRIVER,
  diskKiB: () => 32 * 1024,
  decide: (_, setup) => worksOnHost(setup),
  peer: none,
  ranges: none,
  watched: never,
  oneWay: false,
  ownDomain: false,
  powersOff: never,
  benchmark: false,
  figures: {},
  run: () => import('./run.js'),
});
