import { describe, expect, it } from 'vitest';
import * as machines from '../../../../harness/machines.js';
import { switched } from '../../../../harness/topologies.js';
import type { Backend, Machine } from '../../../../src/model/index.js';
import { expand } from '../../../../src/plan/index.js';
import type { Pmem } from '../../../../src/workloads/pmem/declaration.js';
import { pmemRefusal } from '../../../../src/workloads/pmem/refusal.js';
import { IO_PATHS } from '../../../../src/workloads/shared/io-paths.js';

const raw: Pmem = { id: 'raw', kind: 'pmem', mode: 'raw', sizeKiB: 512 };
const fsdax: Pmem = { ...raw, id: 'fsdax', mode: 'fsdax' };
const withNvdimm = (machine: Machine): Machine => ({ ...machine, nvdimmMiB: 128 });

function planned(machine: Machine, workload: Pmem, backend: Backend = 'phyr8') {
  const block = { machines: [machine], topologies: [switched], workloads: [workload], backends: [backend] };
  const { cells, pruned } = expand({ id: 'test', describe: '', blocks: [block] }, 1);
  return cells[0]?.expect ?? pruned[0]?.reason;
}

const refusals = (machine: Machine, workload: Pmem) =>
  IO_PATHS.map((path) => pmemRefusal(withNvdimm(machine), workload, path));

describe('I/O with an NVDIMM', () => {
  it('needs one', () => {
    expect(planned(machines.vtdStrict, raw)).toBe('the machine has no NVDIMM');
    expect(planned(withNvdimm(machines.vtdStrict), raw)).toEqual({ kind: 'works', how: 'iova' });
    expect(planned(withNvdimm(machines.noIommu), fsdax, 'sg')).toEqual({ kind: 'works', how: 'direct' });
  });

  it('without struct pages is not for O_DIRECT, and is run once', () => {
    expect(refusals(machines.noIommu, raw)).toEqual(['EFAULT', 'EFAULT', undefined, undefined]);
    expect(planned(withNvdimm(machines.noIommu), raw, 'sg')).toMatch(/whatever the backend/);
  });

  it('with struct pages of a file is not to be pinned for long', () => {
    expect(refusals(machines.noIommu, fsdax)).toEqual([undefined, undefined, undefined, 'EOPNOTSUPP']);
  });

  it('is bounced where the device does not reach it, and refused where it cannot be', () => {
    for (const machine of [machines.bounced, machines.narrowNoIommu]) {
      expect(planned(withNvdimm(machine), raw)).toEqual({ kind: 'refused', errno: 'EIO' });
      expect(refusals(machine, raw).slice(2)).toEqual(['EIO', 'EIO']);
      expect(planned(withNvdimm(machine), fsdax)).toEqual({ kind: 'works', how: 'bounce' });
    }
    expect(planned(withNvdimm(machines.narrowStrict), raw)).toEqual({ kind: 'works', how: 'iova' });
  });
});
