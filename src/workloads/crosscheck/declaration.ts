import { z } from 'zod';
import { Id } from '../../model/index.js';
import { defineKind, never, none } from '../kind.js';
import { OF_DRIVER } from '../shared/backends.js';
import { worksOnHost } from '../shared/decision.js';
import { SECRET_KIB } from '../shared/disk-layout.js';

/** Writes through our driver and reads through the kernel's, then the reverse. */
export const Crosscheck = z.strictObject({
  id: Id,
  kind: z.literal('crosscheck'),
  sizeKiB: z
    .int()
    .min(64)
    .max(1 << 20),
});
export type Crosscheck = z.infer<typeof Crosscheck>;

export const crosscheck = defineKind({
  name: 'crosscheck',
  describe: "data written through our driver is read back through the kernel's, and the reverse",
  schema: Crosscheck,
  clock: 'wall',
  kernel: 'any',
  modules: [],
  faultyModules: never,
  backends: () => OF_DRIVER,
  diskKiB: ({ sizeKiB }) => 2 * sizeKiB + SECRET_KIB,
  decide: (_, setup) => worksOnHost(setup),
  peer: none,
  ranges: none,
  watched: () => true,
  oneWay: true,
  ownDomain: false,
  powersOff: never,
  benchmark: false,
  figures: {},
  run: () => import('./run.js'),
});
