import type { Suite } from '../../src/workloads/index.js';
import * as m from '../machines.js';
import { switched } from '../topologies.js';
import { crosscheck, fioVerify, p2pFar, p2pNear } from '../workloads.js';

export const machines: Suite = {
  id: 'machines',
  describe: 'every IOMMU in every mode, narrow devices, bouncing and vCPU counts, with every backend',
  blocks: [
    {
      machines: [
        m.vtdStrictOne,
        m.vtdLazyFour,
        m.vtdCaching,
        m.vtdSecondStageLazy,
        m.vtdSecondStage,
        m.vtdFirstStageLazy,
        m.vtdFirstStage,
        m.vtdFirstStagePassthrough,
        m.vtdRuntimeIdentity,
        m.virtioLazy,
        m.virtioStrict,
        m.amdStrict,
        m.amdPassthrough,
        m.bounced,
        m.narrowNoIommu,
        m.narrowPassthrough,
        m.narrowStrict,
      ],
      topologies: [switched],
      workloads: [crosscheck, fioVerify],
      backends: ['sg', 'iter', 'iova', 'phyr16', 'phyr8'],
    },
    {
      machines: [m.vtdRuntimeIdentity, m.vtdStrictP2p, m.noIommuP2p],
      topologies: [switched],
      workloads: [p2pNear, p2pFar],
      backends: ['sg', 'phyr8'],
    },
    // No peer is within the DMA mask.
    {
      machines: [{ ...m.narrowNoIommu, id: 'narrow-p2p', hostBridgeP2p: true }],
      topologies: [switched],
      workloads: [p2pNear, p2pFar],
      backends: ['sg', 'phyr16', 'phyr8'],
    },
    // Shows that faults are seen on these machines; only then does it mean something that there were none.
    {
      machines: [m.vtdCaching, m.vtdSecondStage, m.vtdFirstStage, m.virtioStrict, m.amdStrict],
      topologies: [switched],
      workloads: [fioVerify],
      backends: ['phyr8'],
      plant: 'short-map',
      caughtBy: ['faults', 'data', 'translation'],
    },
  ],
};
