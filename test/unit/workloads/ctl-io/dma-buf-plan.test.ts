import { describe, expect, it } from 'vitest';
import { narrowNoIommu } from '../../../../harness/machines.js';
import { dmabuf } from '../../../../harness/suites/dmabuf.js';
import { expand } from '../../../../src/plan/index.js';
import { Workload } from '../../../../src/workloads/index.js';

const plan = expand(dmabuf, 1);
const expected = (id: string) =>
  plan.cells.find((cell) => cell.id === `${id}/phyr8`)?.expect ??
  plan.pruned.find((cell) => cell.id === `${id}/phyr8`)?.reason;

describe('dma-bufs', () => {
  it('of RAM work everywhere, by both ways', () => {
    expect(expected('no-iommu-share/switch/dmabuf-ram')).toEqual({ kind: 'works', how: 'direct' });
    expect(expected('virtio-strict-share/switch/dmabuf-ram-mixed')).toEqual({ kind: 'works', how: 'iova' });
  });

  it('of a BAR go as peer-to-peer does, by both ways alike', () => {
    for (const sg of ['', '-sg']) {
      expect(expected(`vtd-strict-share/switch/dmabuf-far-mixed${sg}`)).toEqual({ kind: 'works', how: 'iova' });
      expect(expected(`vtd-strict-share/switch/dmabuf-near-mixed${sg}`)).toMatchObject({ kind: 'not-modelled' });
      expect(expected(`vtd-pt-share/acs-direct/dmabuf-near-mixed${sg}`)).toEqual({ kind: 'works', how: 'direct' });
      expect(expected(`vtd-pt/switch/dmabuf-far-mixed${sg}`)).toEqual({ kind: 'refused', errno: 'EREMOTEIO' });
    }
  });

  it("of the kernel's own are refused in its own words, and need a group of their own", () => {
    expect(expected('vtd-lazy-share/switch/dmabuf-vfio-far-pages')).toEqual({ kind: 'works', how: 'iova' });
    expect(expected('vtd-strict/switch/dmabuf-vfio-far-mixed')).toEqual({ kind: 'refused', errno: 'EINVAL' });
    expect(expected('vtd-strict-share/acs/dmabuf-vfio-near-mixed')).toEqual({ kind: 'works', how: 'iova' });
    expect(expected('vtd-strict-share/acs-direct/dmabuf-vfio-near-mixed')).toMatch(/in one IOMMU group/);
    expect(expected('no-iommu-share/switch/dmabuf-vfio-far-one')).toMatch(/needs an IOMMU/);
  });

  it('beyond the mask are refused by lists; what the kernel says of a scatterlist is not modelled', () => {
    const machine = { ...narrowNoIommu, id: 'narrow-p2p', hostBridgeP2p: true };
    const blocks = dmabuf.blocks.map((block) => ({ ...block, machines: [machine] }));
    const { cells } = expand({ ...dmabuf, blocks }, 1);
    const due = (workload: string) => cells.find(({ id }) => id === `narrow-p2p/switch/${workload}/phyr8`)?.expect;
    expect(due('dmabuf-far-mixed')).toEqual({ kind: 'refused', errno: 'EIO' });
    expect(due('dmabuf-near-mixed-sg')).toEqual({ kind: 'refused', errno: 'EIO' });
    expect(due('dmabuf-far-mixed-sg')).toMatchObject({ kind: 'not-modelled' });
  });

  it('and mappings of who cannot take them back are refused everywhere', () => {
    for (const machine of ['vtd-strict-share', 'vtd-strict', 'vtd-pt', 'virtio-lazy-share'])
      expect(expected(`${machine}/switch/unsafe-far`)).toEqual({ kind: 'refused', errno: 'EOPNOTSUPP' });
  });

  it('are workloads that make sense', () => {
    const good = {
      id: 'x',
      kind: 'ctl-io',
      memory: 'page-less',
      via: ['dma-buf'],
      ranges: 'one',
      threads: 1,
      sizeKiB: 64,
    };
    expect(Workload.safeParse(good).success).toBe(true);
    for (const change of [
      { ranges: undefined },
      { via: ['direct'] },
      { memory: 'user' },
      { memory: 'peer', peer: 'near' },
      { memory: 'peer-vfio', peer: 'near', via: ['dma-buf', 'dma-buf-sg'] },
      { ranges: 'two' },
    ])
      expect(Workload.safeParse({ ...good, ...change }).success, JSON.stringify(change)).toBe(false);
  });
});
