import { describe, expect, it } from 'vitest';
import * as machines from '../../../../harness/machines.js';
import { vtdRuntimeIdentity } from '../../../../harness/machines.js';
import { vfio } from '../../../../harness/suites/vfio.js';
import { switched } from '../../../../harness/topologies.js';
import { expand } from '../../../../src/plan/index.js';
import { Workload } from '../../../../src/workloads/index.js';
import { errnoDue, refusals, reservedFields } from '../../../../src/workloads/vfio/refusals.js';

const block = vfio.blocks[0];
if (block === undefined) throw new TypeError('the suite is empty');
const one = (more: Partial<typeof block>) =>
  expand({ ...vfio, blocks: [{ ...block, backends: ['phyr8'], workloads: block.workloads.slice(0, 1), ...more }] }, 1);

describe('a device of a process', () => {
  it('works wherever there is an IOMMU, whatever the kernel does with other devices', () => {
    const { cells, pruned } = expand(vfio, 1);
    expect(pruned).toEqual([]);
    expect(new Set(cells.map(({ expect: due }) => JSON.stringify(due)))).toEqual(
      new Set([JSON.stringify({ kind: 'works', how: 'iova' })]),
    );
  });

  it.each([
    [{ machines: [machines.noIommu] }, /needs an IOMMU/],
    [{ machines: [vtdRuntimeIdentity] }, /only the domains of disks/],
    [{ topologies: [switched] }, /needs two devices/],
    [{ backends: ['sg' as const] }, /from phyr lists only/],
  ])('is pruned with the reason: %#', (more, reason) => {
    expect(one(more).pruned[0]?.reason).toMatch(reason);
  });

  it('has memory in whole pages, not too much to be compared byte by byte', () => {
    const workload = { id: 'x', kind: 'vfio', memory: '4k', kib: 64, engine: 'edu' };
    expect(Workload.safeParse(workload).success).toBe(true);
    expect(Workload.safeParse({ ...workload, kib: 66 }).success).toBe(false);
    expect(Workload.safeParse({ ...workload, kib: 1 << 20 }).success).toBe(false);
  });
});

describe('what is refused', () => {
  it('is asked of each way alike', () => {
    const commands = refusals(0x1000000, 0x2000000, 65_536).map(({ command }) => command('type1'));
    expect(commands[0]).toBe('map type1 0x1000000 0 65536 rw');
    expect(commands).toContain('map type1 0xfffffffffffff000 0 8192 rw');
    const errnos = refusals(0x1000000, 0x2000000, 65_536).map((one) => [
      errnoDue(one, 'phyr8'),
      errnoDue(one, 'type1'),
      errnoDue(one, 'iommufd'),
    ]);
    expect(errnos.every(([ours, theirs]) => ours === theirs)).toBe(true);
    expect(errnos.filter(([ours, , iommufd]) => ours !== iommufd)).toHaveLength(3);
    expect(commands).toContain('unmap type1 0x1000000 4096');
  });

  it('is each flag and reserved field of phyr_domain that is not 0', () => {
    const commands = reservedFields(0x2000000).map((one) => [one.command('phyr8'), errnoDue(one, 'phyr8')]);
    expect(commands).toContainEqual(['reserved phyr8 map.flags 0x2000000', 'EINVAL']);
    expect(commands).toHaveLength(5);
  });
});
