import type { Suite } from '../../src/model/index.js';
import { noIommu, virtioStrict, vtdFirstStage, vtdLazy, vtdPassthrough, vtdStrict } from '../machines.js';
import { engines as topology } from '../topologies.js';
import { edu, iommuTestdev } from '../workloads.js';

export const engines: Suite = {
  id: 'engines',
  describe: 'DMA by devices that do nothing else: mapped, unmapped, stale, wrong direction, too few address bits',
  blocks: [
    {
      machines: [vtdStrict, vtdLazy, vtdFirstStage, virtioStrict, vtdPassthrough, noIommu],
      topologies: [topology],
      workloads: [iommuTestdev, edu],
      backends: ['sg', 'phyr16', 'phyr8'],
    },
  ],
};
