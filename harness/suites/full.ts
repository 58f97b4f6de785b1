import type { Suite } from '../../src/model/index.js';
import { noIommu, vtdLazy, vtdPassthrough, vtdPassthroughCounting, vtdStrict, vtdStrictCounting } from '../machines.js';
import { switched } from '../topologies.js';
import {
  crosscheck,
  filesystem,
  fioVerify,
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
      workloads: [fioVerify, crosscheck, filesystem, p2pNear, p2pFar, mapCost, stress, unbindUnderIo, hotUnplug],
      backends: ['sg', 'iter', 'iova', 'phyr16', 'phyr8'],
    },
  ],
};
