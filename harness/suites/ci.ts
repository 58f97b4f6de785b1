import type { Suite } from '../../src/model/index.js';
import { alarms } from './alarms.js';
import { forCi } from './dmabuf.js';
import { ktap } from './ktap.js';
import { matrix } from './matrix.js';

export const ci: Suite = {
  id: 'ci',
  describe: 'for every push: every two parts of the matrix in some cell, every refusal, every alarm, every hazard',
  matrix: true,
  blocks: [{ ...matrix, cover: 'pairwise' }, ...forCi, ...alarms.blocks, ...ktap.blocks],
};
