import { describe, expect, it } from 'vitest';
import { register, registerFar } from '../../../../harness/suites/register.js';
import { expand } from '../../../../src/plan/index.js';
import { Workload } from '../../../../src/workloads/index.js';
import { regionRefusals } from '../../../../src/workloads/register/refusals.js';

const plan = expand(register, 1);
const expected = (id: string) =>
  plan.cells.find((cell) => cell.id === `${id}/phyr8`)?.expect ??
  plan.pruned.find((cell) => cell.id === `${id}/phyr8`)?.reason;

describe('memory registered with an engine', () => {
  it("works on a process's own and on RAM without pages, where the engine has the bits for it", () => {
    expect(expected('vtd-strict/pairs/register-4k')).toEqual({ kind: 'works', how: 'iova' });
    expect(expected('no-iommu/pairs/register-edu')).toMatch(/28 address bits/);
    expect(expected('vtd-strict-share/engines-bars/register-ram')).toEqual({ kind: 'works', how: 'iova' });
    expect(expected('no-iommu-share/engines-bars/register-ram-sg')).toEqual({ kind: 'works', how: 'direct' });
    expect(expected('vtd-strict-share/engines-bars/register-ram-edu')).toEqual({ kind: 'works', how: 'iova' });
    expect(expected('no-iommu-share/engines-bars/register-ram-edu')).toEqual({ kind: 'refused', errno: 'EIO' });
  });

  it('reaches a BAR as peer-to-peer goes from the engine', () => {
    for (const way of ['far', 'far-sg']) {
      expect(expected(`vtd-strict-share/engines-bars/register-${way}`)).toEqual({ kind: 'works', how: 'iova' });
      expect(expected(`vtd-pt-share/engines-bars/register-${way}`)).toEqual({ kind: 'works', how: 'direct' });
      expect(expected(`vtd-strict/engines-bars/register-${way}`)).toEqual({ kind: 'refused', errno: 'EREMOTEIO' });
    }
    expect(expected('no-iommu/engines-bars/register-near')).toEqual({ kind: 'works', how: 'direct' });
    expect(expected('vtd-strict/engines-bars/register-near')).toMatchObject({ kind: 'not-modelled' });
    expect(expected('no-iommu-share/engines-bars/register-far-edu')).toEqual({ kind: 'refused', errno: 'EIO' });
    // Neither does who maps it by bus address.
    expect(expected('no-iommu-share/engines-bars/register-near-edu-sg')).toEqual({ kind: 'refused', errno: 'EIO' });
    // Where nobody may reach it, nobody asks how far an address reaches.
    expect(expected('no-iommu/engines-bars/register-far-edu')).toEqual({ kind: 'refused', errno: 'EREMOTEIO' });
  });

  it('costs what it costs where there is RAM that a dma-buf can be made of', () => {
    expect(expected('vtd-strict-icount-share/pairs/register-cost-dma-buf')).toEqual({ kind: 'works', how: 'iova' });
    const block = register.blocks.find(({ workloads }) => workloads.some(({ id }) => id === 'register-cost-dma-buf'));
    if (block === undefined) throw new TypeError('no block');
    const bare = { ...block, machines: block.machines.map(({ reserved: _, ...machine }) => machine) };
    const { pruned } = expand({ id: 'x', describe: '', blocks: [bare] }, 1);
    expect(pruned.map(({ reason }) => reason).join()).toMatch(/reserves no RAM/);
  });

  it("gets what vfio-pci lends in its exporter's way alone", () => {
    expect(expected('vtd-strict-share/engines-bars/register-vfio')).toEqual({ kind: 'works', how: 'iova' });
    expect(expected('vtd-strict/engines-bars/register-vfio')).toEqual({ kind: 'refused', errno: 'EINVAL' });
    expect(expected('vtd-strict-share/engines-bars/register-vfio-list')).toEqual({
      kind: 'refused',
      errno: 'EOPNOTSUPP',
    });
    expect(expected('no-iommu-share/engines-bars/register-vfio')).toMatch(/needs an IOMMU/);
  });

  it('needs what lends, and an engine', () => {
    const [block] = register.blocks.filter(({ workloads }) => workloads.includes(registerFar));
    if (block === undefined) throw new TypeError('no block');
    const alone = (change: Partial<typeof block>) =>
      expand({ id: 'x', describe: '', blocks: [{ ...block, ...change, workloads: [registerFar] }] }, 1).pruned.map(
        ({ reason }) => reason,
      );
    const [topology] = block.topologies;
    const without = (id: string) => ({
      ...topology,
      id,
      root: (topology?.root ?? []).filter((node) => node.id !== id),
    });
    expect(alone({ topologies: [without('rp2')] })[0]).toMatch(/no BAR called 'far'/);
    expect(alone({ topologies: [without('rp1')] })[0]).toMatch(/no iommu-testdev/);
    expect(alone({ backends: ['sg'] })[0]).toMatch(/whatever the backend/);
  });

  it('is refused by name what its memory makes possible to ask', () => {
    expect(regionRefusals(registerFar.from)).toMatchObject({
      'register a part': 'EINVAL',
      'register what may not be written': 'EACCES',
      deregister: null,
    });
    expect(regionRefusals({ kind: 'user', memory: '4k', kib: 64 })).toMatchObject({
      'register what may not be written': 'EFAULT',
    });
  });

  it('is a workload that makes sense', () => {
    expect(Workload.safeParse(registerFar).success).toBe(true);
    for (const change of [
      { peer: undefined },
      { memory: 'page-less' },
      { via: 'registered' },
      { ranges: 'two' },
      { kib: 4 },
    ])
      expect(
        Workload.safeParse({ ...registerFar, from: { ...registerFar.from, ...change } }).success,
        JSON.stringify(change),
      ).toBe(false);
  });
});
