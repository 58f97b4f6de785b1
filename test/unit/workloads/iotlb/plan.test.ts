import { describe, expect, it } from 'vitest';
import { MEMORY_PAGES, sweepsOf } from '../../../../src/workloads/iotlb/plan.js';
import { judgeSweep } from '../../../../src/workloads/iotlb/run.js';

const BASE = 2 ** 16;

describe('mappings for the IOTLB', () => {
  it.each(['4k', '2m'] as const)('lie in memory of %s, apart from each other, with ends that are tried', (memory) => {
    const sweeps = sweepsOf(memory, BASE, 7);
    let end = BASE;
    for (const { iova, first, pages, tried } of sweeps) {
      expect(iova).toBeGreaterThanOrEqual(end);
      end = iova + pages;
      expect(first + pages).toBeLessThanOrEqual(MEMORY_PAGES);
      expect(tried).toContain(0);
      expect(tried).toContain(pages >> 1);
      expect(tried).toContain(pages - 1);
      expect(new Set(tried).size).toBe(tried.length);
      if (memory === '2m') expect(first % 512).toBe(iova % 512);
    }
    const flushed = new Set(sweeps.map(({ pages }) => 2 ** Math.ceil(Math.log2(pages))));
    expect([...flushed].sort((a, b) => a - b)).toEqual([1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024]);
    expect(sweeps.some(({ iova, pages }) => iova % pages !== 0)).toBe(true);
  });

  it('depend on the seed', () => {
    expect(sweepsOf('4k', BASE, 7)).toEqual(sweepsOf('4k', BASE, 7));
    expect(sweepsOf('4k', BASE, 8)).not.toEqual(sweepsOf('4k', BASE, 7));
  });
});

describe('a swept mapping', () => {
  const sweep = { iova: 0x10, first: 0, pages: 3, tried: [0, 1, 2] };

  it('is fine if the device reached all before and none after', () => {
    expect(judgeSweep('type1', sweep, { touched: 3, reached: [], errno: null })).toEqual({ wrong: [], stale: [] });
  });

  it('is stale where the device still reaches a page, and says nothing if it did not use all before', () => {
    expect(judgeSweep('type1', sweep, { touched: 3, reached: [2], errno: null }).stale[0]?.detail).toBe(
      'type1: 3 pages at 0x10000: after the unmap the device reaches page 2',
    );
    const { wrong, stale } = judgeSweep('type1', sweep, { touched: 2, reached: [], errno: 'EFAULT' });
    expect(stale).toEqual([]);
    expect(wrong[0]?.code).toBe('io-failed');
  });
});
