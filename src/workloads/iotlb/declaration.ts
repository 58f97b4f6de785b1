import { z } from 'zod';
import { hasIommu, Id, runtimeOf } from '../../model/index.js';
import { defineKind, never, none } from '../kind.js';
import { only } from '../shared/backends.js';
import { works } from '../shared/decision.js';
import { HostMemory } from '../shared/memory.js';

/** Mappings of every size, of which a device has used every page when they end. */
export const Iotlb = z.strictObject({ id: Id, kind: z.literal('iotlb'), memory: HostMemory.exclude(['64k']) });
export type Iotlb = z.infer<typeof Iotlb>;

const BACKENDS = only(
  ['phyr8', 'phyr16'],
  'a domain of its own is filled from lists: phyr8 or phyr16, with the kernel beside each',
);

export const iotlb = defineKind({
  name: 'iotlb',
  describe: 'a device uses every page of a mapping; after the unmap it must reach none of them',
  schema: Iotlb,
  clock: 'wall',
  kernel: 'any',
  modules: ['phyr_domain'],
  faultyModules: never,
  backends: () => BACKENDS,
  diskKiB: () => 0,
  decide(_, { machine, nodes }) {
    if (!hasIommu(machine)) return { prune: 'without an IOMMU a process cannot be given a device' };
    if (runtimeOf(machine.iommu) !== undefined)
      return { prune: 'only the groups of disks get another domain at run time' };
    if (nodes.filter(({ kind }) => kind === 'iommu-testdev').length < 2)
      return {
        prune: "the topology has no two devices of kind iommu-testdev, one for the kernel's way and one for ours",
      };
    return works('iova');
  },
  peer: none,
  ranges: none,
  watched: never,
  oneWay: false,
  ownDomain: true,
  powersOff: never,
  benchmark: false,
  figures: {},
  run: () => import('./run.js'),
});
