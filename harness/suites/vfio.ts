import type { Endpoint, Machine, Topology } from '../../src/model/index.js';
import type { Suite } from '../../src/workloads/index.js';
import type { UserCost } from '../../src/workloads/user-cost/declaration.js';
import type { Vfio } from '../../src/workloads/vfio/declaration.js';
import { vtdStrictCounting } from '../machines.js';
import { iommuModes } from './iommu-modes.js';

const dut: Endpoint = { kind: 'nvme', id: 'dut', role: 'dut', sizeMiB: 16, blockSize: 512 };

/** Two engines of each kind: the kernel gives the first to a process, phyr the second. */
export const enginePairs: Topology = {
  id: 'pairs',
  root: [
    { kind: 'root-port', id: 'rp0', below: [dut] },
    { kind: 'iommu-testdev', id: 'tester-kernel' },
    { kind: 'iommu-testdev', id: 'tester-phyr' },
    { kind: 'edu', id: 'edu-kernel', dmaMaskBits: 28 },
    { kind: 'edu', id: 'edu-phyr', dmaMaskBits: 28 },
  ],
};

export const vfio4k: Vfio = { id: 'vfio-4k', kind: 'vfio', memory: '4k', kib: 4096, engine: 'iommu-testdev' };
const vfio64k: Vfio = { ...vfio4k, id: 'vfio-64k', memory: '64k', kib: 1024 };
const vfio2m: Vfio = { ...vfio4k, id: 'vfio-2m', memory: '2m', kib: 16_384 };
export const vfioHugetlb: Vfio = { ...vfio4k, id: 'vfio-hugetlb', memory: 'hugetlb', kib: 16_384 };
export const vfioEdu: Vfio = { ...vfio4k, id: 'vfio-edu', engine: 'edu' };

/** Room for 2 GiB of a process's memory. */
const roomy: Machine = { ...vtdStrictCounting, id: 'vtd-strict-icount-3g', memoryMiB: 3072 };

const GIB = 2 ** 20;
const costOf = (memory: '4k' | '2m' | 'hugetlb', ...sizes: number[]): UserCost => ({
  id: `vfio-cost-${memory}`,
  kind: 'user-cost',
  what: 'domain',
  points: sizes.map((kib) => ({ memory, kib })),
});

export const vfio: Suite = {
  id: 'vfio',
  describe:
    'process memory in the address space of a device, by VFIO, iommufd and phyrs: addresses, page sizes, data, refusals, fork, munmap, exit',
  blocks: [
    {
      machines: iommuModes,
      topologies: [enginePairs],
      workloads: [vfio4k, vfio64k, vfio2m, vfioHugetlb, vfioEdu],
      backends: ['phyr8', 'phyr16'],
    },
    {
      machines: [roomy],
      topologies: [enginePairs],
      workloads: [
        costOf('4k', 4, 1024, 65_536, 2 * GIB),
        costOf('2m', 2048, 65_536, 2 * GIB),
        costOf('hugetlb', 2048, 65_536, 2 * GIB),
      ],
      backends: ['phyr8', 'phyr16'],
    },
  ],
};
