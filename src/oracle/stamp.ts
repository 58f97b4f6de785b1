/**
 * The bytes of a stamped sector, computed on the host, independently of the guest's tool (guest/tools/stamp.c).
 */
import type { Due } from './data.js';

export const SECTOR = 512;
const WORDS = SECTOR / 4;
const MAGIC = 0x52594850;

/** The hash that the guest's tools use (guest/tools/stamp.h). */
export function mix(x: number): number {
  x = Math.imul(x ^ (x >>> 16), 0x85ebca6b);
  x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35);
  return (x ^ (x >>> 16)) >>> 0;
}

/** `bytes` of stamped sectors (little-endian words) from byte `offset` of the disk on; both are multiples of 512. */
export function stamped(offset: number, bytes: number, seed: number, generation: number): Buffer {
  const out = Buffer.allocUnsafeSlow(bytes);
  const words = new Uint32Array(out.buffer);
  for (let at = 0; at < words.length; at += WORDS) {
    const lba = Math.trunc(offset / SECTOR + at / WORDS) >>> 0;
    const base = mix((mix((seed ^ Math.imul(generation, 0x9e3779b1)) >>> 0) + lba) >>> 0);
    words[at] = MAGIC;
    words[at + 1] = seed;
    words[at + 2] = generation;
    words[at + 3] = lba;
    for (let i = 4; i < WORDS; i++) words[at + i] = mix((base + Math.imul(i, 0x27d4eb2f)) >>> 0);
  }
  return out;
}

/** Stamped sectors in the form that the data oracle takes. */
export function stampedDue(offset: number, bytes: number, seed: number, generation: number): Due {
  return { bytes, piece: (from, length) => stamped(offset + from, length, seed, generation) };
}

/** What a sector claims to be, if it is stamped. This distinguishes stale, misplaced and foreign data. */
export function readStamp(sector: Buffer): { seed: number; generation: number; lba: number } | undefined {
  if (sector.length < 16 || sector.readUInt32LE(0) !== MAGIC) return undefined;
  return { seed: sector.readUInt32LE(4), generation: sector.readUInt32LE(8), lba: sector.readUInt32LE(12) };
}
