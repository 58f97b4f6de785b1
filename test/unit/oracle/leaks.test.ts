import { describe, expect, it } from 'vitest';
import { type Counters, judgeLeaks } from '../../../src/oracle/index.js';

describe('the leak oracle', () => {
  const iommu = (events: number, bytes: number) => ({
    map_events: events,
    map_bytes: bytes,
    unmap_events: events,
    unmap_bytes: bytes,
    iova_alloc_events: events,
    iova_free_events: events,
  });
  const counters = (change: (s: Counters['counters']) => void = () => {}): Counters => {
    const s = {
      pins: { acquired: 100, released: 100 },
      swiotlb_used: 0,
      iommu: iommu(4, 4096),
      tainted: 0,
      slab: { phyr_node: 3 },
      allocations: { objects: 0, bytes: 0, sites: [] },
      vmalloc: 8192,
      dma_bufs: 1,
      modules: { phyr: 2, phyr_nvme: 0 },
    };
    change(s);
    return { counters: s };
  };

  const LEFT = {
    objects: 3,
    bytes: 192,
    sites: [
      { at: 'g+0x3/0x4 [phyr_nvme]', objects: 1, bytes: 64 },
      { at: 'f+0x1/0x2 [phyr]', objects: 2, bytes: 128 },
    ],
  };
  const judged = (change: (s: Counters['counters']) => void) =>
    judgeLeaks({ before: counters(), after: counters(change), translated: true });
  const busy = (s: Counters['counters']) => {
    s.pins = { acquired: 900, released: 900 };
    s.iommu = iommu(90, 99_000);
  };

  it('passes when all is back, also after much traffic', () => {
    expect(judged(busy)).toMatchObject({ verdict: 'pass', detail: expect.stringContaining('IOMMU mappings') });
  });

  it.each<[string, (s: Counters['counters']) => void, RegExp]>([
    ['a pin', (s) => (s.pins.acquired = 901), /page pins: 1 pages left/],
    ['a mapping', (s) => (s.iommu.map_bytes = 103_096), /IOMMU mappings: 4096 bytes left/],
    ['an IOVA', (s) => (s.iommu.iova_alloc_events = 91), /IOVAs: 1 ranges left/],
    ['a bounce buffer', (s) => (s.swiotlb_used = 2), /bounce buffers: 2 slots/],
    ['an object', (s) => (s.slab = { phyr_node: 4 }), /slab phyr_node: 1 objects/],
    ['an object of a new cache', (s) => (s.slab = { phyr_node: 3, phyr_list: 1 }), /slab phyr_list: 1/],
    [
      'an allocation',
      (s) => (s.allocations = LEFT),
      /kmalloc memory: 3 objects left, from f\+0x1\/0x2 \[phyr\] \(2, 128 bytes\), g/,
    ],
    ['an array', (s) => (s.vmalloc = 16_384), /vmalloc memory: 8192 bytes left/],
    ['a dma-buf', (s) => (s.dma_bufs = 2), /dma-bufs: 1 buffers left/],
    ['a module reference', (s) => (s.modules = { phyr: 2, phyr_nvme: 1 }), /references of phyr_nvme: 1/],
    [
      'a reference to a module that came later',
      (s) => (s.modules = { phyr: 2, phyr_nvme: 0, phyr_peer: 1 }),
      /references of phyr_peer: 1/,
    ],
  ])('fails on %s', (_, change, words) => {
    const leaks = judged((s) => {
      busy(s);
      change(s);
    });
    expect(leaks.verdict).toBe('fail');
    expect(leaks.detail).toMatch(words);
  });

  it.each<[string, (s: Counters['counters']) => void]>([
    ['no counter of mappings', (s) => (s.iommu.map_bytes = null)],
    ['a counter of mappings that never counted', () => {}],
    ['no counter of pins', (s) => (s.pins.acquired = null)],
    ['no slab', (s) => (s.slab = null)],
    ['no cache of ours', (s) => (s.slab = {})],
    ['allocations that were not followed', (s) => (s.allocations = null)],
    ['no list of vmalloc areas', (s) => (s.vmalloc = null)],
    ['no modules', (s) => (s.modules = null)],
  ])('could not look with %s', (_, change) => {
    const leaks = judged((s) => {
      if (change.length > 0) busy(s);
      change(s);
    });
    expect(leaks.verdict).toBe('inconclusive');
  });

  it('could not look without the counters afterwards', () => {
    expect(judgeLeaks({ before: counters(), after: undefined, translated: true }).verdict).toBe('inconclusive');
  });

  it('does without the counter of IOVAs where the kernel has none, and does not claim it', () => {
    const none = (s: Counters['counters']) => (s.iommu.iova_free_events = null);
    const after = (s: Counters['counters']) => {
      busy(s);
      none(s);
    };
    const leaks = judgeLeaks({ before: counters(none), after: counters(after), translated: true });
    expect(leaks).toMatchObject({ verdict: 'pass', detail: expect.not.stringContaining('IOVAs') });
  });

  it('fails on peer-to-peer memory that somebody still has when its owner goes', () => {
    const p2p = (used: number) => [{ p2p: { bdf: '0000:04:00.0', used } }];
    const said = (used: number) =>
      judgeLeaks({ before: counters(), after: counters(busy), p2p: p2p(used), translated: true });
    expect(said(0)).toMatchObject({ verdict: 'pass', detail: expect.stringContaining('P2P memory') });
    expect(said(4096).detail).toMatch(/P2P memory: 4096 bytes left/);
  });

  it('claims nothing about mappings where nothing translates', () => {
    const leaks = judgeLeaks({ before: counters(), after: counters(), translated: false });
    expect(leaks).toMatchObject({ verdict: 'pass', detail: expect.not.stringContaining('IOMMU') });
  });

  it('takes mappings from the counted stretches, and all else from the whole', () => {
    const windows = {
      from: counters(busy),
      to: counters((s) => (s.iommu = iommu(0, 0))),
    };
    const after = counters((s) => (s.iommu = iommu(0, 0)));
    const judge = (end: Counters) =>
      judgeLeaks({ before: counters(), after: end, uncounted: windows, translated: true });
    expect(judge(after).verdict).toBe('pass');
    after.counters.pins.acquired = 199;
    expect(judge(after).detail).toMatch(/page pins: 99/);
  });
});
