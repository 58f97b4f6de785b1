import type { Block, Suite } from '../../src/workloads/index.js';
import type { KernelCheck } from '../../src/workloads/kernel-check/declaration.js';
import {
  bounced,
  noIommu,
  noIommuReserved,
  virtioStrict,
  vtdFirstStage,
  vtdLazy,
  vtdPassthrough,
  vtdStrict,
  vtdStrictReserved,
} from '../machines.js';
import { peers, switched } from '../topologies.js';
import {
  crosscheck,
  ctlBoth,
  ctlPageless,
  ctlPeers,
  filesystem,
  fioVerify,
  hostMemory,
  hotUnplug,
  p2pFar,
  p2pNear,
  p2pTo,
  stress,
  unbindUnderIo,
} from '../workloads.js';
import { dmabufOnDebug, sharingMachine } from './dmabuf.js';
import { edu, enginesTopology, iommuTestdev } from './engines.js';
import { ktap } from './ktap.js';
import { enginesAndBars, register4k, registerEdu, registerFar, registerRamEdu } from './register.js';
import { enginePairs, vfio4k, vfioEdu, vfioHugetlb } from './vfio.js';

const everywhere: Pick<Block, 'machines' | 'topologies'> = {
  machines: [vtdStrict, vtdLazy, vtdPassthrough, noIommu],
  topologies: [switched],
};

const check = (fault: KernelCheck['fault']): KernelCheck => ({ id: `check-${fault}`, kind: 'kernel-check', fault });

export const debug: Suite = {
  id: 'debug',
  describe: 'what the checks of the debug kernel should watch: phyrlab run debug --kernel debug',
  blocks: [
    // First, that these checks work. Each alarm has a guest of its own, because a report of one check silences others.
    {
      machines: [noIommu],
      topologies: [switched],
      workloads: (['use-after-free', 'inversion', 'atomic-sleep', 'leak', 'short-unmap'] as const).map(check),
      backends: ['phyr8'],
    },
    {
      ...everywhere,
      workloads: [fioVerify, crosscheck, filesystem, p2pNear, p2pFar, stress, unbindUnderIo, hotUnplug],
      backends: ['phyr8'],
    },
    { ...everywhere, workloads: [fioVerify, crosscheck, stress], backends: ['sg'] },
    { ...everywhere, workloads: [ctlBoth, hostMemory, ...ctlPeers], backends: ['phyr8'] },
    {
      machines: [vtdStrictReserved, noIommuReserved],
      topologies: [switched],
      workloads: [ctlPageless],
      backends: ['phyr8'],
    },
    {
      machines: [bounced, virtioStrict],
      topologies: [switched],
      workloads: [crosscheck, ctlBoth],
      backends: ['phyr8'],
    },
    { machines: [noIommu], topologies: [peers], workloads: ['near-cmb', 'near-pmr'].map(p2pTo), backends: ['phyr8'] },
    {
      machines: [vtdStrict, vtdFirstStage, noIommu],
      topologies: [enginesTopology],
      workloads: [iommuTestdev, edu],
      backends: ['phyr8'],
    },
    // The only kernel that has iommufd.
    {
      machines: [vtdStrict, vtdFirstStage],
      topologies: [enginePairs],
      workloads: [vfio4k, vfioHugetlb, vfioEdu, register4k, registerEdu],
      backends: ['phyr8'],
    },
    // dma-bufs that are revoked while an engine uses them.
    {
      machines: [sharingMachine(vtdStrict)],
      topologies: [enginesAndBars],
      workloads: [registerRamEdu, registerFar],
      backends: ['phyr8'],
    },
    ...dmabufOnDebug,
    ...ktap.blocks,
  ],
};
