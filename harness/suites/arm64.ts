import type { Suite } from '../../src/workloads/index.js';
import { armNoIommu, smmuLazy, smmuPassthrough, smmuStrict } from '../machines.js';
import { switched } from '../topologies.js';
import { crosscheck, fioVerify } from '../workloads.js';

export const arm64: Suite = {
  id: 'arm64',
  describe: 'arm64 without an IOMMU and behind an SMMUv3; its images are downloaded when first needed',
  blocks: [
    {
      machines: [smmuStrict, smmuLazy, smmuPassthrough, armNoIommu],
      topologies: [switched],
      workloads: [crosscheck, fioVerify],
      backends: ['sg', 'iter', 'iova', 'phyr16', 'phyr8'],
    },
    {
      machines: [smmuStrict],
      topologies: [switched],
      workloads: [fioVerify],
      backends: ['phyr8'],
      plant: 'short-map',
      caughtBy: ['faults', 'data', 'translation'],
    },
  ],
};
