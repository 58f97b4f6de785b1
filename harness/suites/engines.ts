import type { Topology } from '../../src/model/index.js';
import type { Block, Suite, Workload } from '../../src/workloads/index.js';
import {
  bounced,
  narrowNoIommu,
  noIommu,
  virtioStrict,
  vtdFirstStage,
  vtdLazy,
  vtdPassthrough,
  vtdStrict,
} from '../machines.js';

// Not part of the matrix: these devices have no use in another suite.
/** Two devices that only do DMA, next to a disk. */
const withEdu = (id: string, dmaMaskBits: number): Topology => ({
  id,
  root: [
    {
      kind: 'root-port',
      id: 'rp0',
      below: [{ kind: 'nvme', id: 'dut', role: 'dut', sizeMiB: 64, blockSize: 512 }],
    },
    { kind: 'edu', id: 'edu', dmaMaskBits },
    { kind: 'iommu-testdev', id: 'tester' },
  ],
});

/** With edu's default number of address bits. */
export const enginesTopology = withEdu('engines', 28);

export const edu: Workload = { id: 'edu', kind: 'engine', engine: 'edu' };
export const iommuTestdev: Workload = { id: 'iommu-testdev', kind: 'engine', engine: 'iommu-testdev' };

/** With room for bounce buffers. */
const engines32 = withEdu('engines-32', 32);

/** Every byte that a device moves goes through buffers that hold data of others. */
export const enginesBounced: Block = {
  machines: [bounced],
  topologies: [engines32],
  workloads: [iommuTestdev, edu],
  backends: ['sg', 'phyr16', 'phyr8'],
};

export const engines: Suite = {
  id: 'engines',
  describe: 'devices that only do DMA: mapped, unmapped, stale, wrong direction, too few address bits',
  blocks: [
    {
      machines: [vtdStrict, vtdLazy, vtdFirstStage, virtioStrict, vtdPassthrough, noIommu],
      topologies: [enginesTopology],
      workloads: [iommuTestdev, edu],
      backends: ['sg', 'phyr16', 'phyr8'],
    },
    // Memory beyond 32 bits, and bounce buffers within.
    {
      machines: [narrowNoIommu],
      topologies: [engines32],
      workloads: [edu],
      backends: ['sg', 'phyr16', 'phyr8'],
    },
    enginesBounced,
  ],
};
