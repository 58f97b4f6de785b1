import { describe, expect, it } from 'vitest';
import { budgetRows, type Measured } from '../../../src/perf/index.js';

const io = (queue: number, complete: number, map = 0, unmap = 0) => ({ queue, complete, map, unmap });
const measured: Measured = {
  identity: [{ what: '1 page', cost: 102 }],
  translated: [
    {
      what: 'chunks',
      share: 0.95,
      sg: { map: 1100, unmap: 60 },
      iova: { map: 1000, unmap: 50 },
      iter: { map: 1001, unmap: 50 },
      raw: { map: 980, unmap: 40 },
      phyr: { map: 1000, unmap: 47 },
    },
  ],
  registered: [{ machine: 'strict', cost: 251, flushes: 0 }],
  reads: [
    {
      machine: 'strict',
      pages: 1,
      stock: io(100, 100),
      iter: io(110, 100, 60, 40),
      phyr: io(90, 110, 50, 45),
    },
    { machine: 'passthrough', pages: 32, stock: io(1000, 1), iter: io(1000, 1, 600, 1), phyr: io(501, 1, 500, 1) },
  ],
  metadata: [{ what: '2 MiB', pages: 1000, bytes: 17, budget: 0.017 }],
};
const verdicts = (change: Partial<Measured> = {}) =>
  Object.fromEntries(budgetRows({ ...measured, ...change }).map(({ what, verdict }) => [what, verdict]));

describe('budgets', () => {
  it('judges each by the cheapest of the kernel, or by its own number', () => {
    expect(verdicts()).toEqual({
      'identity, 1 page: map + unmap': 'met',
      'strict, chunks: map': 'floor',
      'strict, chunks: unmap': 'met',
      'I/O on a registered list, strict': 'missed',
      '  IOTLB invalidations by it, strict': 'met',
      '4 KiB read, strict: build + map + PRPs + unmap (iter)': 'met',
      '4 KiB read, strict: queue_rq + completion (nvme)': 'met',
      '128 KiB read, passthrough: build + map + PRPs + unmap (iter)': 'met',
      '128 KiB read, passthrough: queue_rq (nvme)': 'missed',
      'metadata, 2 MiB, 1000 pages: bytes per page': 'met',
    });
  });

  it('does not take the floor for an excuse', () => {
    const [chunks] = measured.translated;
    if (chunks === undefined) throw new Error('nothing to change');
    const far = { ...chunks, phyr: { map: 1010, unmap: 47 } };
    expect(verdicts({ translated: [far] })['strict, chunks: map']).toBe('missed');
    const low = { ...chunks, raw: { map: 940, unmap: 40 }, phyr: { map: 960, unmap: 47 } };
    expect(verdicts({ translated: [low] })['strict, chunks: map']).toBe('missed');
  });

  it('lets no invalidation pass', () => {
    const registered = [{ machine: 'strict', cost: 100, flushes: 1 }];
    expect(verdicts({ registered })['  IOTLB invalidations by it, strict']).toBe('missed');
  });
});
