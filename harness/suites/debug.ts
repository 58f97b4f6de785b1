import type { Block, Suite } from '../../src/model/index.js';
import { noIommu, vtdLazy, vtdPassthrough, vtdStrict } from '../machines.js';
import { switched } from '../topologies.js';
import { crosscheck, filesystem, fioVerify, hotUnplug, p2pFar, p2pNear, stress, unbindUnderIo } from '../workloads.js';

const everywhere: Pick<Block, 'machines' | 'topologies'> = {
  machines: [vtdStrict, vtdLazy, vtdPassthrough, noIommu],
  topologies: [switched],
};

export const debug: Suite = {
  id: 'debug',
  describe: 'what the debug kernel is to look at while it happens: phyrlab run debug --kernel debug',
  blocks: [
    {
      ...everywhere,
      workloads: [fioVerify, crosscheck, filesystem, p2pNear, p2pFar, stress, unbindUnderIo, hotUnplug],
      backends: ['phyr8'],
    },
    { ...everywhere, workloads: [fioVerify, crosscheck, stress], backends: ['sg'] },
    // That something is still mapped when the driver goes, only this kernel says.
    {
      machines: [vtdStrict],
      topologies: [switched],
      workloads: [crosscheck],
      backends: ['sg'],
      plant: 'skip-unmap',
      caughtBy: ['leaks', 'kernel-log'],
    },
  ],
};
