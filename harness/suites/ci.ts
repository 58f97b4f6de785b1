import type { Block, Suite } from '../../src/model/index.js';
import { bounced, noIommu, virtioStrict, vtdLazy, vtdPassthrough, vtdStrict } from '../machines.js';
import { alarms } from './alarms.js';
import { forCi } from './dmabuf.js';
import { ktap } from './ktap.js';
import { lifetime } from './lifetime.js';
import { matrix } from './matrix.js';
import { pmem } from './pmem.js';
import { registerForCi } from './register.js';
import { vfio } from './vfio.js';

/** One machine for each way that an address comes about. */
const WAYS = [noIommu, vtdStrict, vtdLazy, vtdPassthrough, virtioStrict, bounced].map(({ id }) => id);

/**
 * Of a consumer every two parts together, on a machine of each way. The other machines are for the night, and so is what is measured,
 * which is compared from one night to the next.
 */
function pairwise({ blocks }: Suite): Block[] {
  return blocks
    .filter(({ machines }) => machines.every(({ clock }) => clock === 'wall'))
    .map((block) => {
      if (block.plant !== undefined) return block;
      const machines = block.machines.filter(({ id }) =>
        WAYS.some((way) => [way, `pmem-${way}`, `${way}-share`].includes(id)),
      );
      return { ...block, machines: machines.length > 0 ? machines : block.machines, cover: 'pairwise' };
    });
}

/** A power failure is two boots a cell: by the kernel's own way and by ours will do. */
const ownAndKernels = (block: Block): Block => ({
  ...block,
  backends: block.backends.filter((backend) => backend === 'iter' || backend === 'phyr8'),
});

export const ci: Suite = {
  id: 'ci',
  describe: 'for every push: every two parts of the matrix in some cell, every refusal, every alarm, every hazard',
  matrix: true,
  blocks: [
    { ...matrix, cover: 'pairwise' },
    ...forCi,
    ...pairwise(pmem).map(ownAndKernels),
    ...pairwise(lifetime),
    ...pairwise(vfio),
    ...pairwise(registerForCi),
    ...alarms.blocks,
    ...ktap.blocks,
  ],
};
