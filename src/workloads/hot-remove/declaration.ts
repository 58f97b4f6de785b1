import { z } from 'zod';
import { Id, runtimeOf, walk } from '../../model/index.js';
import { defineKind, never, none } from '../kind.js';
import { OF_DRIVER } from '../shared/backends.js';
import { worksOnHost } from '../shared/decision.js';
import { CHURN_KIB, SECRET_KIB } from '../shared/disk-layout.js';
import type { Figures } from '../shared/figures.js';

/** The device is removed under I/O, by hot-unplug or by the driver's `unbind`, and comes back. */
export const HotRemove = z.strictObject({
  id: Id,
  kind: z.literal('hot-remove'),
  how: z.enum(['unplug', 'unbind']),
  threads: z.int().min(1).max(64),
});
export type HotRemove = z.infer<typeof HotRemove>;

export const figures = {
  operations: { unit: '', better: 'neither' },
  removal: { unit: 'ms emulated', better: 'lower' },
} satisfies Figures;

export const hotRemove = defineKind({
  name: 'hot-remove',
  describe: 'the disk is unplugged or unbound while I/O is under way, and comes back',
  schema: HotRemove,
  clock: 'wall',
  kernel: 'any',
  modules: [],
  faultyModules: never,
  backends: () => OF_DRIVER,
  diskKiB: ({ threads }) => SECRET_KIB + 2 * threads * CHURN_KIB,
  decide({ how }, setup) {
    if (how === 'unbind') return worksOnHost(setup);
    const over = [...walk(setup.topology)].find(({ node }) => node === setup.dut)?.above.at(-1);
    if (over?.kind === 'multifunction')
      return { prune: 'the dut is one function of a card, which can only be unplugged as a whole' };
    if (over === undefined) return { prune: 'the dut is on the root bus, where nothing can be unplugged' };
    if (runtimeOf(setup.machine.iommu) !== undefined)
      return { prune: 'a device that comes back is in a new IOMMU group, which has the default domain of the kernel' };
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
