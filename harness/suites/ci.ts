import type { Machine } from '../../src/model/index.js';
import type { Block, Suite } from '../../src/workloads/index.js';
import { bounced, noIommu, virtioStrict, vtdLazy, vtdPassthrough, vtdStrict } from '../machines.js';
import { alarms } from './alarms.js';
import { forCi } from './dmabuf.js';
import { iommuModes } from './iommu-modes.js';
import { ktap } from './ktap.js';
import { lifetime } from './lifetime.js';
import { matrix } from './matrix.js';
import { pmem, pmemRaw } from './pmem.js';
import { registerForCi } from './register.js';
import { vfio } from './vfio.js';

/** One machine for each way that an address comes about. */
const WAYS = [noIommu, vtdStrict, vtdLazy, vtdPassthrough, virtioStrict, bounced];

/** The same for a consumer to which translation is translation, whoever does it and whenever it forgets. */
const REACHES = [noIommu, vtdStrict, bounced];

/** An address space of one's own has the domain type of its driver; the IOMMU's default decides what it comes from and goes back to. */
const OWNERS = [vtdStrict, vtdPassthrough, virtioStrict];

const onWallClock = ({ clock }: Machine) => clock === 'wall';

/**
 * Of a consumer every two parts together, on a machine of each way. The other machines are for the night, and so is what is measured,
 * which is compared from one night to the next.
 */
function pairwise({ blocks }: Suite, ways: readonly Machine[] = WAYS): Block[] {
  return blocks
    .filter(({ machines }) => machines.every(onWallClock))
    .map((block) => {
      if (block.plant !== undefined) return block;
      const machines = block.machines.filter(isOneOf(ways));
      return { ...block, machines: machines.length > 0 ? machines : block.machines, cover: 'pairwise' };
    });
}

/** Is it one of these, with what a consumer needs besides? */
const isOneOf =
  (ways: readonly Machine[]) =>
  ({ id }: Machine) =>
    ways.some((way) => [way.id, `pmem-${way.id}`, `${way.id}-share`].includes(id));

/** The other modes, each in some cell, for what a mode breaks by itself. */
function each(blocks: readonly Block[], shown: readonly Machine[] = WAYS): Block[] {
  const others = iommuModes.filter((mode) => !shown.includes(mode));
  return blocks
    .filter(({ plant, machines }) => plant === undefined && machines.every(onWallClock))
    .map((block): Block => ({ ...block, machines: block.machines.filter(isOneOf(others)), cover: 'each' }))
    .filter(({ machines }) => machines.length > 0);
}

/** A power failure is two boots a cell: by the kernel's own way and by ours will do. */
const ownAndKernels = (block: Block): Block => ({
  ...block,
  backends: block.backends.filter((backend) => backend === 'iter' || backend === 'phyr8'),
});

/** Each defect as one backend has it. */
const byPhyr8 = (block: Block): Block => ({ ...block, backends: ['phyr8'] });

export const ci: Suite = {
  id: 'ci',
  describe: 'for every push: every two parts of the matrix in some cell, every refusal, every defect, every hazard',
  blocks: [
    { ...matrix, machines: matrix.machines.filter(onWallClock), cover: 'pairwise' },
    ...forCi,
    ...pairwise(pmem, REACHES).map(ownAndKernels),
    ...each([pmemRaw], REACHES),
    ...pairwise(lifetime, REACHES),
    ...each(lifetime.blocks, REACHES),
    ...pairwise(vfio, OWNERS),
    ...each(vfio.blocks, OWNERS),
    ...pairwise(registerForCi),
    ...each(registerForCi.blocks),
    ...alarms.blocks.map(byPhyr8),
    ...ktap.blocks,
  ],
};
