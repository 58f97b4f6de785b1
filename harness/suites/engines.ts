import type { Topology } from '../../src/model/index.js';
import type { Suite, Workload } from '../../src/workloads/index.js';
import {
  narrowNoIommu,
  noIommu,
  virtioStrict,
  vtdFirstStage,
  vtdLazy,
  vtdPassthrough,
  vtdStrict,
} from '../machines.js';

// Not among the parts of the matrix: there is nothing that these devices could do in another suite.
/** Two devices that do nothing but DMA, beside a disk. */
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

/** With as many address bits as edu has unless it is told otherwise. */
export const besideDisk = withEdu('engines', 28);

export const edu: Workload = { id: 'edu', kind: 'engine', engine: 'edu' };
export const iommuTestdev: Workload = { id: 'iommu-testdev', kind: 'engine', engine: 'iommu-testdev' };

export const engines: Suite = {
  id: 'engines',
  describe: 'DMA by devices that do nothing else: mapped, unmapped, stale, wrong direction, too few address bits',
  blocks: [
    {
      machines: [vtdStrict, vtdLazy, vtdFirstStage, virtioStrict, vtdPassthrough, noIommu],
      topologies: [besideDisk],
      workloads: [iommuTestdev, edu],
      backends: ['sg', 'phyr16', 'phyr8'],
    },
    // Memory that 32 bits do not reach, and bounce buffers that they do.
    {
      machines: [narrowNoIommu],
      topologies: [withEdu('engines-32', 32)],
      workloads: [edu],
      backends: ['sg', 'phyr16', 'phyr8'],
    },
  ],
};
