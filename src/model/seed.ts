import { createHash } from 'node:crypto';

/** A cell's own 32-bit seed. It depends on the run's seed and the cell's id, not on the other cells. */
export function cellSeed(runSeed: number, cellId: string): number {
  return createHash('sha256').update(`${runSeed}\0${cellId}`).digest().readUInt32LE(0);
}
