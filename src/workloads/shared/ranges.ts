/** The ranges that a dma-buf consists of. Pure: they depend on layout and seed only. */

import { cellSeed } from '../../model/index.js';
import type { RangeLayout } from './memory.js';

/** In bytes, multiples of the page size. */
export interface Range {
  offset: number;
  len: number;
}

const PAGE = 4096;
const KIB = 1024;
const MIB = 1024 * KIB;

/** All ranges lie below this. The next thread or path has the same ranges from here on. */
export const RANGES_SPAN = 4 * MIB;

/** No two ranges overlap. */
export function rangesOf(layout: RangeLayout, seed: number): Range[] {
  switch (layout) {
    case 'one':
      return [{ offset: 64 * KIB, len: MIB }];
    case 'apart':
      return apart();
    case 'backwards':
      return apart().reverse();
    case 'touching':
      return [
        { offset: 192 * KIB, len: 128 * KIB },
        { offset: 64 * KIB, len: 128 * KIB },
      ];
    case 'pages':
      return Array.from({ length: 96 }, (_, i) => ({ offset: (2 * i + 1) * PAGE, len: PAGE }));
    case 'large':
      return [
        { offset: 2 * MIB, len: 2 * MIB },
        { offset: 64 * KIB, len: MIB },
      ];
    case 'mixed':
      return mixed(seed);
  }
}

function apart(): Range[] {
  return [1, 3, 5, 7].map((i) => ({ offset: i * 128 * KIB, len: 128 * KIB }));
}

/** Two to seventeen ranges of 1 to 32 pages, with gaps of 0 to 15 pages, in random order. */
function mixed(seed: number): Range[] {
  const draw = (what: string, below: number) => cellSeed(seed, what) % below;
  const ranges: Range[] = [];
  let at = draw('from', 32) * PAGE;
  for (let i = 0; i < 2 + draw('count', 16); i++) {
    const len = (1 + draw(`len ${i}`, 1 << draw(`order ${i}`, 6))) * PAGE;
    ranges.splice(draw(`place ${i}`, i + 1), 0, { offset: at, len });
    at += len + draw(`gap ${i}`, 16) * PAGE;
  }
  return ranges;
}

export function bytesOf(ranges: readonly Range[]): number {
  return ranges.reduce((sum, { len }) => sum + len, 0);
}

/** The ranges as physical runs from `base` on, with adjacent ranges joined. */
export function runsOf(base: number, ranges: readonly Range[]): { phys: number; bytes: number }[] {
  const runs: { phys: number; bytes: number }[] = [];
  for (const { offset, len } of ranges) {
    const last = runs.at(-1);
    if (last !== undefined && last.phys + last.bytes === base + offset) last.bytes += len;
    else runs.push({ phys: base + offset, bytes: len });
  }
  return runs;
}

/** The gaps between the ranges within the first RANGES_SPAN bytes, in ascending order. */
export function gapsOf(ranges: readonly Range[]): Range[] {
  const gaps: Range[] = [];
  let at = 0;
  for (const { offset, len } of [...ranges].sort((a, b) => a.offset - b.offset)) {
    if (offset > at) gaps.push({ offset: at, len: offset - at });
    at = Math.max(at, offset + len);
  }
  if (at < RANGES_SPAN) gaps.push({ offset: at, len: RANGES_SPAN - at });
  return gaps;
}
