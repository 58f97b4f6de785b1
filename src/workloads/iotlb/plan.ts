/** The mappings whose translations must be gone after the unmap. Pure: they depend on the seed only. */
import { cellSeed } from '../../model/index.js';
import type { HostMemory } from '../shared/memory.js';

/** Addresses and lengths in pages of 4 KiB. */
export interface Sweep {
  iova: number;
  /** Where the memory begins in that of the process. */
  first: number;
  pages: number;
  /** Which of its pages are tried after the unmap. */
  tried: number[];
}

/** A power of two, one less, and one more: a flush names a power of two of pages, aligned to its size. */
const LENGTHS = [1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 33, 63, 65, 127, 129, 257, 511, 513];

/** The pages of a large IOMMU page. */
const LARGE = 512;
/** Room for the longest mapping at any offset in a large page. */
export const MEMORY_PAGES = 3 * LARGE;
/** One mapping to each two large pages of addresses. */
const ROOM = 2 * LARGE;

/** `base`: the first IOVA, in pages; a multiple of 512. */
export function sweepsOf(memory: HostMemory, base: number, seed: number): Sweep[] {
  const draw = (what: string, below: number) => cellSeed(seed, what) % below;
  return LENGTHS.flatMap((pages) =>
    (['aligned', 'drawn'] as const).map((how) => ({
      pages,
      beyond: how === 'aligned' ? 0 : 1 + draw(`iova ${pages}`, LARGE - 1),
    })),
  ).map(({ pages, beyond }, i) => ({
    iova: base + i * ROOM + beyond,
    // Memory in large pages lies in the IOVA as it does in memory, so that large IOMMU pages fit.
    first: memory === '4k' ? draw(`first ${i}`, MEMORY_PAGES - pages + 1) : beyond,
    pages,
    tried: [...new Set([0, pages >> 1, pages - 1, draw(`tried ${i}`, pages)])].sort((a, b) => a - b),
  }));
}
