import type { Suite } from '../../src/workloads/index.js';
import {
  noIommu,
  noIommuReserved,
  vtdLazy,
  vtdPassthrough,
  vtdPassthroughCounting,
  vtdStrict,
  vtdStrictCounting,
  vtdStrictReserved,
} from '../machines.js';
import { switched } from '../topologies.js';
import {
  crosscheck,
  ctlBoth,
  ctlPageless,
  ctlPeers,
  filesystem,
  fioVerify,
  hostMemory,
  hotUnplug,
  mapCost,
  p2pFar,
  p2pNear,
  stress,
  unbindUnderIo,
} from '../workloads.js';

export const full: Suite = {
  id: 'full',
  describe: 'every machine with every workload and every backend; what cannot run is pruned with its reason',
  blocks: [
    {
      machines: [noIommu, vtdLazy, vtdStrict, vtdPassthrough, vtdStrictCounting, vtdPassthroughCounting],
      topologies: [switched],
      workloads: [
        fioVerify,
        crosscheck,
        hostMemory,
        filesystem,
        p2pNear,
        p2pFar,
        mapCost,
        stress,
        unbindUnderIo,
        hotUnplug,
      ],
      backends: ['sg', 'iter', 'iova', 'phyr16', 'phyr8'],
    },
    {
      machines: [noIommu, vtdLazy, vtdStrict, vtdPassthrough],
      topologies: [switched],
      workloads: [ctlBoth, ...ctlPeers],
      backends: ['phyr8'],
    },
    {
      machines: [noIommuReserved, vtdStrictReserved],
      topologies: [switched],
      workloads: [ctlPageless],
      backends: ['phyr8'],
    },
  ],
};
