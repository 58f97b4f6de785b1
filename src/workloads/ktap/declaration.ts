import { z } from 'zod';
import { Id } from '../../model/index.js';
import { defineKind, never, none } from '../kind.js';
import { NO_BACKEND } from '../shared/backends.js';
import { worksOnHost } from '../shared/decision.js';
import { NO_RESERVED_RAM } from '../shared/reserved-ram.js';
import { ktapMemory } from './cases.js';

/** phyr.ko's own tests (guest/phyr_test), bound to the device under test. They need reserved RAM. */
export const Ktap = z.strictObject({
  id: Id,
  kind: z.literal('ktap'),
  /** `all`: every group except the failures. `failures`: each allocation, link, pin, ... fails in turn. */
  cases: z.enum(['all', 'failures']),
  /** BARs with struct pages: one below the same switch as the device under test, one behind another root port. */
  peers: z.array(Id).min(1),
  /** A BAR without struct pages, lent through phyr_store. */
  lent: Id,
});
export type Ktap = z.infer<typeof Ktap>;

export const ktap = defineKind({
  name: 'ktap',
  describe: "phyr.ko's own tests, bound to the device under test",
  schema: Ktap,
  clock: 'wall',
  kernel: 'any',
  modules: ['phyr_store', 'phyr_test'],
  faultyModules: ({ cases }) => cases === 'failures',
  backends: () => NO_BACKEND,
  diskKiB: () => 0,
  decide({ peers, lent }, setup) {
    if (ktapMemory(setup.machine) === undefined) return { prune: NO_RESERVED_RAM };
    // With a mask of 32 bits there must be memory that the device cannot reach.
    if (setup.machine.memoryMiB <= 4096) return { prune: 'the tests need memory above 4 GiB' };
    const bars = setup.nodes.filter(({ kind }) => kind === 'ivshmem').map(({ id }) => id);
    const missing = [...peers, lent].find((id) => !bars.includes(id));
    return missing === undefined ? worksOnHost(setup) : { prune: `the topology has no BAR called '${missing}'` };
  },
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
