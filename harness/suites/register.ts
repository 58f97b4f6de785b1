import type { Machine, Register, Suite, UserCost } from '../../src/model/index.js';
import {
  noIommu,
  virtioStrict,
  vtdFirstStage,
  vtdLazy,
  vtdPassthrough,
  vtdPassthroughCounting,
  vtdStrict,
  vtdStrictCounting,
} from '../machines.js';
import { switched } from '../topologies.js';
import { ctlPeers, ctlRegistered } from '../workloads.js';
import { pairs } from './vfio.js';

export const register4k: Register = {
  id: 'register-4k',
  kind: 'register',
  memory: '4k',
  kib: 4096,
  engine: 'iommu-testdev',
  processes: 4,
};
const register64k: Register = { ...register4k, id: 'register-64k', memory: '64k', kib: 1024 };
const register2m: Register = { ...register4k, id: 'register-2m', memory: '2m', kib: 16_384 };
const registerHugetlb: Register = { ...register4k, id: 'register-hugetlb', memory: 'hugetlb', kib: 16_384 };
/** Slow enough that memory is deregistered while a transfer is under way for certain. */
export const registerEdu: Register = { ...register4k, id: 'register-edu', engine: 'edu', processes: 2 };

/** Room for 1 GiB of a process's memory. */
const roomy = (machine: Machine): Machine => ({ ...machine, id: `${machine.id}-2g`, memoryMiB: 2048 });

const GIB = 2 ** 20;
const costOf = (memory: UserCost['points'][number]['memory'], ...sizes: number[]): UserCost => ({
  id: `register-cost-${memory}`,
  kind: 'user-cost',
  what: 'region',
  points: sizes.map((kib) => ({ memory, kib })),
});

export const register: Suite = {
  id: 'register',
  describe:
    "a process's memory, registered with a device: blocks, use by key from several processes, deregistered under load; what that costs",
  blocks: [
    {
      machines: [vtdStrict, vtdLazy, vtdFirstStage, virtioStrict, vtdPassthrough, noIommu],
      topologies: [pairs],
      workloads: [register4k, register64k, register2m, registerHugetlb, registerEdu],
      backends: ['phyr8'],
    },
    // The same by NVMe: a process's memory, and BARs without struct pages.
    {
      machines: [vtdStrict, vtdPassthrough, noIommu],
      topologies: [switched],
      workloads: [ctlRegistered, ...ctlPeers.filter((one) => one.kind === 'ctl-io' && one.via.includes('registered'))],
      backends: ['phyr8'],
    },
    {
      machines: [roomy(vtdStrictCounting), roomy(vtdPassthroughCounting)],
      topologies: [pairs],
      workloads: [costOf('4k', 4, 1024, 65_536, GIB), costOf('2m', 2048, 65_536, GIB)],
      backends: ['phyr8'],
    },
  ],
};
