import type { Block, Suite } from '../../src/model/index.js';
import { alarms } from './alarms.js';
import { forCi } from './dmabuf.js';
import { ktap } from './ktap.js';
import { lifetime } from './lifetime.js';
import { matrix } from './matrix.js';
import { pmem } from './pmem.js';

const pairwise = ({ blocks }: Suite): Block[] =>
  blocks.map((block) => (block.plant === undefined ? { ...block, cover: 'pairwise' } : block));

export const ci: Suite = {
  id: 'ci',
  describe: 'for every push: every two parts of the matrix in some cell, every refusal, every alarm, every hazard',
  matrix: true,
  blocks: [
    { ...matrix, cover: 'pairwise' },
    ...forCi,
    ...pairwise(pmem),
    ...pairwise(lifetime),
    ...alarms.blocks,
    ...ktap.blocks,
  ],
};
