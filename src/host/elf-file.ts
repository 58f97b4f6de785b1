/** Shared by both readers of ELF files (64 bits, little-endian). */
import { InfraError } from '../model/index.js';

export function isElf(bytes: Buffer): boolean {
  return bytes.length >= 64 && bytes.readUInt32BE(0) === 0x7f454c46 && bytes[4] === 2 && bytes[5] === 1;
}

export function requireElf(bytes: Buffer): void {
  if (!isElf(bytes)) throw new InfraError('not a 64-bit little-endian ELF file');
}

/** A zero-terminated string. */
export function textAt(bytes: Buffer, at: number): string {
  return bytes.toString('latin1', at, bytes.indexOf(0, at));
}
