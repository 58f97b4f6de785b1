/** As which blocks of one size a device should be told of memory. Pure. */
import type { Run } from './address-space.js';

/** Block sizes that devices with page tables know. */
const SIZES = [4096, 2 ** 21, 2 ** 30];

export interface Blocks {
  block: number;
  blocks: number;
  why: 'largest' | 'enough' | 'boundary';
  /** For `boundary`: the first byte of the memory at which a larger block would have to end. */
  at: number;
}

/**
 * `runs`: where the device has the memory, in order, none continuing the one before. The largest size is chosen at whose multiples all
 * inner ends lie; of one run, the smallest that holds all of it in a block, or the largest.
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
