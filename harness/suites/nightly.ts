import type { Suite } from '../../src/workloads/index.js';
import { alarms } from './alarms.js';
import { arm64 } from './arm64.js';
import { dmabuf } from './dmabuf.js';
import { engines } from './engines.js';
import { iotlb } from './iotlb.js';
import { ktap } from './ktap.js';
import { lifetime } from './lifetime.js';
import { machines } from './machines.js';
import { matrix } from './matrix.js';
import { p2p } from './p2p.js';
import { pmem } from './pmem.js';
import { register } from './register.js';
import { shapes } from './shapes.js';
import { vfio } from './vfio.js';

export const nightly: Suite = {
  id: 'nightly',
  describe: 'the whole matrix, and all other suites',
  blocks: [
    matrix,
    ...p2p.blocks,
    ...dmabuf.blocks,
    ...machines.blocks,
    ...arm64.blocks,
    ...engines.blocks,
    ...vfio.blocks,
    ...iotlb.blocks,
    ...register.blocks,
    ...pmem.blocks,
    ...lifetime.blocks,
    ...shapes.blocks,
    ...ktap.blocks,
    ...alarms.blocks,
  ],
};
