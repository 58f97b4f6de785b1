import type { Backend, Machine } from '../../src/model/index.js';
import type { Block, Suite, Workload } from '../../src/workloads/index.js';
import * as m from '../machines.js';
import { switched } from '../topologies.js';
import { ctlPageless } from '../workloads.js';
import { iommuModes } from './iommu-modes.js';

// Not part of the matrix: no other workload uses an NVDIMM.
const withNvdimm = (machine: Machine): Machine => ({ ...machine, id: `pmem-${machine.id}`, nvdimmMiB: 128 });

const modes = [m.noIommu, ...iommuModes, m.bounced, m.narrowNoIommu, m.narrowStrict].map(withNvdimm);

const raw: Workload = { id: 'pmem-raw', kind: 'pmem', mode: 'raw', sizeKiB: 512 };
const fsdax: Workload = { id: 'pmem-fsdax', kind: 'pmem', mode: 'fsdax', sizeKiB: 512 };

function block(machines: Machine[], workload: Workload, backends: Backend[], more: Partial<Block> = {}): Block {
  return { machines, topologies: [switched], workloads: [workload], backends, ...more };
}

/** Memory without struct pages. */
export const pmemRaw: Block = block(modes, raw, ['phyr8']);

export const pmem: Suite = {
  id: 'pmem',
  describe:
    'an NVDIMM with and without struct pages, and reserved RAM: to disk and back; the NVDIMM keeps its data over a power failure',
  blocks: [
    pmemRaw,
    block(modes, fsdax, ['sg', 'iter', 'iova', 'phyr16', 'phyr8']),
    block([m.noIommuReserved, m.vtdStrictReserved], ctlPageless, ['phyr8']),
    // The second guest must see what the first lost.
    block([withNvdimm(m.vtdStrict)], raw, ['phyr8'], { plant: 'wrong-length', caughtBy: ['data'] }),
  ],
};
