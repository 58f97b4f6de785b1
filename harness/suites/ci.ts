import type { Block, Suite } from '../../src/model/index.js';
import { alarms } from './alarms.js';
import { ktap } from './ktap.js';
import { matrix } from './matrix.js';
import { register } from './register.js';
import { vfio } from './vfio.js';

/** What is measured is compared night by night. */
const measuresNothing = ({ machines }: Block): boolean => machines.every(({ clock }) => clock === 'wall');

export const ci: Suite = {
  id: 'ci',
  describe: 'for every push: every two parts of the matrix in some cell, every refusal, every alarm, every hazard',
  matrix: true,
  blocks: [
    { ...matrix, cover: 'pairwise' },
    ...[...vfio.blocks, ...register.blocks]
      .filter(measuresNothing)
      .map((block): Block => ({ ...block, cover: 'pairwise' })),
    ...alarms.blocks,
    ...ktap.blocks,
  ],
};
