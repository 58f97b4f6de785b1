import { z } from 'zod';
import { Id } from '../../model/index.js';
import { defineKind, never, none } from '../kind.js';
import { OF_DRIVER } from '../shared/backends.js';
import { worksOnHost } from '../shared/decision.js';
import { IO_PATHS } from '../shared/io-paths.js';

/** I/O on memory of a process to which something happens, before the I/O and repeatedly during it. */
export const Lifetime = z.strictObject({
  id: Id,
  kind: z.literal('lifetime'),
  /**
   * The process forks and the child writes; mremap(); MADV_DONTNEED; its file is truncated; its huge page is split or
   * collapsed; it is swapped out.
   */
  event: z.enum(['fork', 'mremap', 'dontneed', 'truncate', 'thp-split', 'thp-collapse', 'swap']),
  /** Size of the memory. */
  sizeKiB: z.int().min(4).max(1024).multipleOf(4),
});
export type Lifetime = z.infer<typeof Lifetime>;

export const lifetime = defineKind({
  name: 'lifetime',
  describe: 'I/O on memory of a process that is forked, moved, unmapped, split or swapped meanwhile',
  schema: Lifetime,
  clock: 'wall',
  kernel: 'any',
  modules: [],
  faultyModules: never,
  backends: () => OF_DRIVER,
  diskKiB: ({ sizeKiB }) => 2 * IO_PATHS.length * sizeKiB,
  decide: (_, setup) => worksOnHost(setup),
  peer: none,
  ranges: none,
  watched: () => true,
  oneWay: false,
  ownDomain: false,
  powersOff: never,
  benchmark: false,
  figures: {},
  run: () => import('./run.js'),
});
