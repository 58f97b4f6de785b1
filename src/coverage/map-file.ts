/**
 * The file in which QEMU's coverage plugin records what has run, little-endian (images/coverage.c has the same layout).
 * It is shared memory, so it is complete at any time, even if QEMU dies.
 */
import type { FileHandle } from 'node:fs/promises';

/** A basic block: entered at its first instruction, left at its last. */
export interface Block {
  at: bigint;
  bytes: number;
  /** The instruction bytes, as far as they are recorded. */
  code: Uint8Array;
  /** Did the conditional branch at its end go this way? */
  taken: boolean;
  notTaken: boolean;
}

export interface Range {
  from: bigint;
  to: bigint;
}

const MAGIC = 0x31766f63;
const EPOCH = 4;
const HEADER = 24;
const RANGES = 1000;
const BLOCKS_AT = HEADER + RANGES * 16;
const BLOCK = 80;
const CODE_AT = 32;
const CODE = 48;
/** A kernel with everything that we count has a tenth of that. The file is sparse. */
const MOST_BLOCKS = 400_000;

export const MAP_BYTES = BLOCKS_AT + MOST_BLOCKS * BLOCK;

/** @param ranges sorted and without overlap */
export function mapHeader(ranges: readonly Range[]): Buffer {
  if (ranges.length > RANGES) throw new RangeError(`${ranges.length} ranges of addresses; the plugin takes ${RANGES}`);
  const header = Buffer.alloc(BLOCKS_AT);
  header.writeUInt32LE(MAGIC, 0);
  header.writeUInt32LE(1, EPOCH);
  header.writeUInt32LE(ranges.length, 16);
  for (const [at, { from, to }] of ranges.entries()) {
    header.writeBigUInt64LE(from, HEADER + at * 16);
    header.writeBigUInt64LE(to, HEADER + at * 16 + 8);
  }
  return header;
}

export type MapRead = { blocks: Block[] } | { unread: string };

/** What ran in the newest epoch. */
export function blocksIn(file: Buffer): MapRead {
  if (file.length < BLOCKS_AT || file.readUInt32LE(0) !== MAGIC) return { unread: 'the coverage map is damaged' };
  const epoch = file.readUInt32LE(EPOCH);
  const count = file.readUInt32LE(8);
  if (file.readUInt32LE(12) !== 0)
    return { unread: `more than ${MOST_BLOCKS} blocks ran, which is all that the coverage map holds` };
  if (BLOCKS_AT + count * BLOCK > file.length) return { unread: 'the coverage map is truncated' };
  const blocks: Block[] = [];
  for (let at = BLOCKS_AT; at < BLOCKS_AT + count * BLOCK; at += BLOCK) {
    if (file.readUInt32LE(at + 20) !== epoch) continue;
    const bytes = file.readUInt32LE(at + 16);
    blocks.push({
      at: file.readBigUInt64LE(at),
      bytes,
      code: file.subarray(at + CODE_AT, at + CODE_AT + Math.min(bytes, CODE)),
      taken: file.readUInt32LE(at + 24) === epoch,
      notTaken: file.readUInt32LE(at + 28) === epoch,
    });
  }
  return { blocks };
}

/** The coverage map of one guest. */
export class MapFile {
  readonly #handle: FileHandle;
  #epoch = 1;

  private constructor(handle: FileHandle) {
    this.#handle = handle;
  }

  /** @param handle an empty file of the caller */
  static async create(handle: FileHandle, ranges: readonly Range[]): Promise<MapFile> {
    await handle.truncate(MAP_BYTES);
    await handle.write(mapHeader(ranges), 0, BLOCKS_AT, 0);
    return new MapFile(handle);
  }

  /** Starts a new epoch. */
  async begin(): Promise<void> {
    const epoch = Buffer.alloc(4);
    epoch.writeUInt32LE(++this.#epoch);
    await this.#handle.write(epoch, 0, 4, EPOCH);
  }

  async read(): Promise<MapRead> {
    const header = Buffer.alloc(HEADER);
    await this.#handle.read(header, 0, HEADER, 0);
    const count = Math.min(header.readUInt32LE(8), MOST_BLOCKS);
    const file = Buffer.alloc(BLOCKS_AT + count * BLOCK);
    await this.#handle.read(file, 0, file.length, 0);
    // Blocks that were added in the meantime belong to the next reading.
    if (file.readUInt32LE(8) > count) file.writeUInt32LE(count, 8);
    return blocksIn(file);
  }
}
