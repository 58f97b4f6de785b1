import type { Suite, Workload } from '../../src/workloads/index.js';
import { iommuModes } from './iommu-modes.js';
import { enginePairs } from './vfio.js';

export const iotlb4k: Workload = { id: 'iotlb-4k', kind: 'iotlb', memory: '4k' };
const iotlb2m: Workload = { id: 'iotlb-2m', kind: 'iotlb', memory: '2m' };

export const iotlb: Suite = {
  id: 'iotlb',
  describe:
    'what a device still reaches after an unmap, by mappings of every size and alignment of which it has used every page',
  blocks: [
    { machines: iommuModes, topologies: [enginePairs], workloads: [iotlb4k, iotlb2m], backends: ['phyr8', 'phyr16'] },
  ],
};
