/**
 * What guest/tools/churn must leave on the disk. It follows from the seed and the number of operations.
 */
import { z } from 'zod';
import type { DataClaim, Due } from './data.js';
import { mix, SECTOR, stamped } from './stamp.js';

const Worker = z.object({ done: z.number(), error: z.string().nullable() });

/** `churn` */
export const Churn = z.object({
  churn: z.object({
    workers: z.array(Worker).min(1),
    bytes: z.number(),
    bad: z.number(),
    first: z.object({ at: z.number(), seed: z.number(), generation: z.number(), lba: z.number() }).optional(),
    pressure: z.object({ scanned: z.number(), reclaimed: z.number(), stalls: z.number(), mib: z.number() }),
  }),
});
export type Churn = z.infer<typeof Churn>;

/** The part of the disk that one worker owns. It is filled with stamps of generation 0 before the worker begins. In bytes. */
export interface ChurnArea {
  worker: number;
  offset: number;
  bytes: number;
  blockSize: number;
  seed: number;
}

export interface ChurnOp {
  kind: 'read' | 'write' | 'zero';
  /** In sectors, from the beginning of the area. */
  from: number;
  count: number;
}

/** The largest operation, in bytes. */
const MOST = 1 << 20;
/** Marks zeroed sectors, in place of a generation. */
const ZEROED = 0xffffffff;

/** Operation `number`, counted from 1, of a worker. guest/tools/churn_draw.c computes the same. */
export function churnOp({ worker, bytes, blockSize, seed }: ChurnArea, number: number): ChurnOp {
  const base = mix(mix((seed + Math.imul(worker, 0x9e3779b1)) >>> 0) + number) >>> 0;
  const random = (i: number) => mix((base + Math.imul(i, 0x27d4eb2f)) >>> 0);
  const sizes = Math.floor(Math.log2(MOST / blockSize)) + 1;
  const blocks = (random(2) % 2 ** (random(1) % sizes)) + 1;
  const from = random(3) % (bytes / blockSize - blocks + 1);
  const sectors = blockSize / SECTOR;
  const kind = random(0) % 16;
  return {
    kind: kind < 7 ? 'read' : kind === 14 ? 'zero' : 'write',
    from: from * sectors,
    count: blocks * sectors,
  };
}

/** The generation of each sector after this many operations. */
export function churnGenerations(area: ChurnArea, done: number): Uint32Array {
  const generations = new Uint32Array(area.bytes / SECTOR);
  for (let number = 1; number <= done; number++) apply(generations, churnOp(area, number), number);
  return generations;
}

function apply(generations: Uint32Array, { kind, from, count }: ChurnOp, number: number): void {
  if (kind !== 'read') generations.fill(kind === 'zero' ? ZEROED : number, from, from + count);
}

/** What a worker's area must hold. A failed operation may have been done completely, partly or not at all. */
export function churnClaim(area: ChurnArea, outcome: z.infer<typeof Worker>, file: string): DataClaim {
  const generations = churnGenerations(area, outcome.done);
  const claim = {
    what: `area of worker ${area.worker} after ${outcome.done} operations`,
    file,
    offset: area.offset,
    due: dueOf(area, generations),
  };
  if (outcome.error === null) return { kind: 'holds', ...claim };
  const number = outcome.done + 1;
  const doubtful = generations.slice();
  apply(doubtful, churnOp(area, number), number);
  return { kind: 'holds-either', ...claim, or: dueOf(area, doubtful) };
}

function dueOf(area: ChurnArea, generations: Uint32Array): Due {
  const piece = (from: number, length: number): Buffer => {
    const out = Buffer.alloc(length);
    for (let at = 0; at < length; ) {
      const first = (from + at) / SECTOR;
      const generation = generations[first] ?? ZEROED;
      let end = first + 1;
      while (end < (from + length) / SECTOR && generations[end] === generation) end++;
      const bytes = (end - first) * SECTOR;
      if (generation !== ZEROED) stamped(area.offset + from + at, bytes, area.seed, generation).copy(out, at);
      at += bytes;
    }
    return out;
  };
  return { bytes: area.bytes, piece };
}
