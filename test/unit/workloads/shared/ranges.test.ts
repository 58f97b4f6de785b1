import { describe, expect, it } from 'vitest';
import { RangeLayout } from '../../../../src/workloads/shared/memory.js';
import { bytesOf, gapsOf, RANGES_SPAN, rangesOf, runsOf } from '../../../../src/workloads/shared/ranges.js';

describe('the ranges of a dma-buf', () => {
  it.each(RangeLayout.options)('%s: whole pages, within the span, none twice, the same for the same seed', (layout) => {
    for (let seed = 0; seed < 200; seed++) {
      const ranges = rangesOf(layout, seed);
      expect(rangesOf(layout, seed)).toEqual(ranges);
      for (const { offset, len } of ranges) {
        expect(offset % 4096 || len % 4096).toBe(0);
        expect(len).toBeGreaterThan(0);
      }
      const all = [...ranges, ...gapsOf(ranges)].sort((a, b) => a.offset - b.offset);
      let at = 0;
      for (const { offset, len } of all) {
        expect(offset).toBe(at);
        at += len;
      }
      expect(at).toBe(RANGES_SPAN);
    }
  });

  it('are of several numbers, sizes and orders', () => {
    const drawn = Array.from({ length: 50 }, (_, seed) => rangesOf('mixed', seed));
    expect(new Set(drawn.map((ranges) => ranges.length)).size).toBeGreaterThan(8);
    expect(new Set(drawn.flat().map(({ len }) => len)).size).toBeGreaterThan(8);
    const sorted = drawn.filter((ranges) => ranges.every(({ offset }, i) => offset > (ranges[i - 1]?.offset ?? -1)));
    expect(sorted.length).toBeLessThan(25);
    expect(drawn.every((ranges) => ranges.length > 1)).toBe(true);
    expect(bytesOf(rangesOf('one', 1))).toBe(1 << 20);
    expect(rangesOf('backwards', 1)).toEqual([...rangesOf('apart', 1)].reverse());
  });

  it('are as many runs of memory as do not go on where the one before ends', () => {
    expect(
      runsOf(1 << 30, [
        { offset: 8192, len: 4096 },
        { offset: 12_288, len: 8192 },
        { offset: 4096, len: 4096 },
      ]),
    ).toEqual([
      { phys: (1 << 30) + 8192, bytes: 12_288 },
      { phys: (1 << 30) + 4096, bytes: 4096 },
    ]);
  });
});
