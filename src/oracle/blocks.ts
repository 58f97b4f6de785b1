/** The blocks of one size by which memory should be described to a device. Pure. */
import type { Run } from './address-space.js';

/** Block sizes of devices with page tables. */
const SIZES = [4096, 2 ** 21, 2 ** 30];

export interface Blocks {
  block: number;
  blocks: number;
  why: 'largest' | 'enough' | 'boundary';
  /** For `boundary`: where in the memory a larger block size stops fitting. */
  at: number;
}

/**
 * `runs` are the device's addresses of the memory, in order, not adjacent. The block size is the largest of which all inner ends are multiples.
 * For a single run, it is the smallest size of which one block holds everything, or the largest.
 */
export function blocksDue(runs: readonly Run[]): Blocks {
  const inner = runs.flatMap((run, i) => [
    ...(i > 0 ? [run.phys] : []),
    ...(i < runs.length - 1 ? [run.phys + run.bytes] : []),
  ]);
  const fits = (size: number) => inner.every((address) => address % size === 0);
  const largest = SIZES.findLast(fits) ?? SIZES[0] ?? 4096;
  const [first] = runs;
  const holds = (size: number) => first !== undefined && (first.phys % size) + first.bytes <= size;
  const block = runs.length === 1 ? (SIZES.find(holds) ?? largest) : largest;
  const blocks = runs.reduce(
    (sum, { phys, bytes }) => sum + Math.ceil((phys + bytes) / block) - Math.floor(phys / block),
    0,
  );
  if (block === SIZES.at(-1)) return { block, blocks, why: 'largest', at: 0 };
  if (runs.length === 1) return { block, blocks, why: 'enough', at: 0 };
  const next = SIZES.find((size) => size > block) ?? block;
  let at = 0;
  for (const [i, run] of runs.entries()) {
    const before = runs[i - 1];
    if (before !== undefined && ((before.phys + before.bytes) % next !== 0 || run.phys % next !== 0)) break;
    at += run.bytes;
  }
  return { block, blocks, why: 'boundary', at };
}
