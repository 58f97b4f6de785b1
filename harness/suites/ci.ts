import type { Machine } from '../../src/model/index.js';
import type { Block, Suite } from '../../src/workloads/index.js';
import {
  bounced,
  noIommu,
  virtioStrict,
  vtdFirstStagePassthrough,
  vtdLazy,
  vtdPassthrough,
  vtdStrict,
} from '../machines.js';
import { alarms } from './alarms.js';
import { dmabufForCi } from './dmabuf.js';
import { enginesBounced } from './engines.js';
import { iommuModes } from './iommu-modes.js';
import { iotlb } from './iotlb.js';
import { ktap } from './ktap.js';
import { lifetime } from './lifetime.js';
import { matrix } from './matrix.js';
import { pmem, pmemRaw } from './pmem.js';
import { registerForCi } from './register.js';
import { shapes } from './shapes.js';
import { vfio } from './vfio.js';

/** One machine for each kind of DMA address. */
const ADDRESS_KINDS = [noIommu, vtdStrict, vtdLazy, vtdPassthrough, virtioStrict, bounced];

/** The same for consumers for which all kinds of translation are equal. */
const REACHES = [noIommu, vtdStrict, bounced];

/** For address spaces owned by a process. Their domain type is fixed; the default domain decides what they start from and return to. */
const OWNERS = [vtdStrict, vtdPassthrough, virtioStrict];

const onWallClock = ({ clock }: Machine) => clock === 'wall';

/**
 * Pairwise coverage of a consumer, on one machine for each kind of address. The other machines are left to the nightly run, and so are
 * measurements, which are compared between nights.
 */
function pairwise({ blocks }: Suite, kinds: readonly Machine[] = ADDRESS_KINDS): Block[] {
  return blocks
    .filter(({ machines }) => machines.every(onWallClock))
    .map((block) => {
      if (block.plant !== undefined) return block;
      const machines = block.machines.filter(isOneOf(kinds));
      return { ...block, machines: machines.length > 0 ? machines : block.machines, cover: 'pairwise' };
    });
}

/** Is it one of these machines, perhaps extended for a consumer? */
const isOneOf =
  (kinds: readonly Machine[]) =>
  ({ id }: Machine) =>
    kinds.some((kind) => [kind.id, `pmem-${kind.id}`, `${kind.id}-share`].includes(id));

/** Each of the other modes in at least one cell, to find what that mode breaks by itself. */
function each(blocks: readonly Block[], shown: readonly Machine[] = ADDRESS_KINDS): Block[] {
  const others = iommuModes.filter((mode) => !shown.includes(mode));
  return blocks
    .filter(({ plant, machines }) => plant === undefined && machines.every(onWallClock))
    .map((block): Block => ({ ...block, machines: block.machines.filter(isOneOf(others)), cover: 'each' }))
    .filter(({ machines }) => machines.length > 0);
}

/** A power failure takes two boots per cell, so one backend of the kernel's and one of ours must do. */
const ownAndKernels = (block: Block): Block => ({
  ...block,
  backends: block.backends.filter((backend) => backend === 'iter' || backend === 'phyr8'),
});

/** Each defect with one backend. */
const byPhyr8 = (block: Block): Block => ({ ...block, backends: ['phyr8'] });

export const ci: Suite = {
  id: 'ci',
  describe: 'for every push: pairwise coverage of the matrix, and every refusal, planted defect and hazard',
  blocks: [
    { ...matrix, machines: matrix.machines.filter(onWallClock), cover: 'pairwise' },
    ...dmabufForCi,
    ...pairwise(pmem, REACHES).map(ownAndKernels),
    ...each([pmemRaw], REACHES),
    ...pairwise(lifetime, REACHES),
    ...each(lifetime.blocks, REACHES),
    ...pairwise(vfio, OWNERS),
    ...each(vfio.blocks, OWNERS),
    ...pairwise(registerForCi),
    ...each(registerForCi.blocks),
    // On that one the cell depends on those before it: src/workloads/iotlb/README.md.
    ...each(iotlb.blocks, [vtdFirstStagePassthrough]),
    ...shapes.blocks.map((block): Block => ({ ...block, cover: 'each' })),
    byPhyr8(enginesBounced),
    ...alarms.blocks.map(byPhyr8),
    ...ktap.blocks,
  ],
};
