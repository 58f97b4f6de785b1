import { z } from 'zod';
import { Id } from '../../model/index.js';
import { defineKind, never, none } from '../kind.js';
import { NO_BACKEND } from '../shared/backends.js';

/** A module makes a mistake that a debug kernel must report; shows that the reports arrive. */
export const KernelCheck = z.strictObject({
  id: Id,
  kind: z.literal('kernel-check'),
  fault: z.enum(['use-after-free', 'inversion', 'atomic-sleep', 'leak', 'short-unmap']),
});
export type KernelCheck = z.infer<typeof KernelCheck>;

export const kernelCheck = defineKind({
  name: 'kernel-check',
  describe: 'a module does what a debug kernel must report; shows that the reports arrive',
  schema: KernelCheck,
  clock: 'wall',
  kernel: 'debug',
  modules: ['phyr_fault'],
  faultyModules: () => true,
  backends: () => NO_BACKEND,
  diskKiB: () => 0,
  decide: () => ({ run: { kind: 'caught', by: ['kernel-log'] } }),
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
