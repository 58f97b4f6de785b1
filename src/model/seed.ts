import { createHash } from 'node:crypto';

/** A cell's own 32-bit seed: the same for the same run seed and cell id, whatever else runs beside it. */
export function cellSeed(runSeed: number, cellId: string): number {
  return createHash('sha256').update(`${runSeed}\0${cellId}`).digest().readUInt32LE(0);
}
