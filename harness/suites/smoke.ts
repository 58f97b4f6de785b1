import type { Suite } from '../../src/workloads/index.js';
import { noIommu, vtdPassthrough, vtdPassthroughCounting, vtdStrict, vtdStrictCounting } from '../machines.js';
import { switched } from '../topologies.js';
import { crosscheck, fioVerify, mapCost, p2pFar, p2pNear } from '../workloads.js';

export const smoke: Suite = {
  id: 'smoke',
  describe:
    'the main paths on three IOMMU set-ups, P2P that works and P2P that must be refused, costs, and one alarm that must ring',
  blocks: [
    {
      machines: [vtdStrict],
      topologies: [switched],
      workloads: [fioVerify],
      backends: ['phyr8'],
      plant: 'short-map',
      caughtBy: ['faults', 'data', 'translation'],
    },
    {
      machines: [vtdStrict, noIommu, vtdPassthrough],
      topologies: [switched],
      workloads: [fioVerify, crosscheck],
      backends: ['sg', 'iova', 'phyr8'],
    },
    { machines: [noIommu], topologies: [switched], workloads: [p2pNear, p2pFar], backends: ['phyr8'] },
    {
      machines: [vtdStrictCounting, vtdPassthroughCounting],
      topologies: [switched],
      workloads: [mapCost],
      backends: ['sg', 'iova', 'phyr8'],
    },
  ],
};
