import type { Block, Suite } from '../../src/model/index.js';
import { alarms } from './alarms.js';
import { ktap } from './ktap.js';
import { lifetime } from './lifetime.js';
import { matrix } from './matrix.js';
import { pmem } from './pmem.js';
import { register } from './register.js';
import { vfio } from './vfio.js';

/** But for what is measured, which is compared night by night. */
const pairwise = ({ blocks }: Suite): Block[] =>
  blocks
    .filter(({ machines }) => machines.every(({ clock }) => clock === 'wall'))
    .map((block) => (block.plant === undefined ? { ...block, cover: 'pairwise' } : block));

export const ci: Suite = {
  id: 'ci',
  describe: 'for every push: every two parts of the matrix in some cell, every refusal, every alarm, every hazard',
  matrix: true,
  blocks: [
    { ...matrix, cover: 'pairwise' },
    ...pairwise(pmem),
    ...pairwise(lifetime),
    ...pairwise(vfio),
    ...pairwise(register),
    ...alarms.blocks,
    ...ktap.blocks,
  ],
};
