import type { Due } from '../../oracle/index.js';
import type { FioJob } from './declaration.js';

/** The region of the disk that one fio thread writes. */
export interface FioRegion {
  name: string;
  offset: number;
  bytes: number;
  blockSize: number;
}

/** The regions of all threads of all jobs, one after the other from byte `start` on. In bytes. */
export function fioRegions(jobs: readonly FioJob[], start: number): FioRegion[] {
  let offset = start;
  return jobs.flatMap((job) =>
    Array.from({ length: job.jobs }, (_, i) => {
      const region = { name: `${job.name}.${i}`, offset, bytes: job.regionKiB * 1024, blockSize: job.blockSize };
      offset += region.bytes;
      return region;
    }),
  );
}

/** fio's `verify_pattern`: the seed, then the offset of the block on the disk, repeated to the end of the block. */
export function fioPatternOption(seed: number): string {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(seed);
  return `0x${bytes.toString('hex')}%o`;
}

/** The content of a region after each of its blocks was written once. */
export function fioDue(region: FioRegion, seed: number): Due {
  return { bytes: region.bytes, piece: (from, length) => fioPiece(region, seed, from, length) };
}

/** A piece need not begin at a block boundary: the pattern counts from the start of each block. */
function fioPiece({ offset, blockSize }: FioRegion, seed: number, from: number, length: number): Buffer {
  const out = Buffer.allocUnsafe(length);
  const unit = Buffer.alloc(12);
  unit.writeUInt32LE(seed);
  const end = from + length;
  for (let block = from - (from % blockSize); block < end; block += blockSize) {
    unit.writeBigUInt64LE(BigInt(offset + block), 4);
    const start = Math.max(block, from);
    const phase = (start - block) % unit.length;
    const rotated = Buffer.concat([unit.subarray(phase), unit.subarray(0, phase)]);
    out.fill(rotated, start - from, Math.min(block + blockSize, end) - from);
  }
  return out;
}

/**
 * The job file for fio. `verify_fatal` stops at the first wrong block. The pattern has no header, so every byte of
 * every block is compared.
 */
export function fioJobFile(disk: string, jobs: readonly FioJob[], start: number, seed: number): string {
  const lines = [
    '[global]',
    `filename=${disk}`,
    'ioengine=libaio',
    'direct=1',
    'thread=1',
    'verify=pattern',
    `verify_pattern=${fioPatternOption(seed)}`,
    'verify_fatal=1',
    'do_verify=1',
    'end_fsync=1',
    `randseed=${seed}`,
  ];
  let offset = start;
  for (const job of jobs) {
    const bytes = job.regionKiB * 1024;
    lines.push(
      `[${job.name}]`,
      `rw=${job.pattern === 'random' ? 'randwrite' : 'write'}`,
      `bs=${job.blockSize}`,
      `size=${bytes}`,
      `offset=${offset}`,
      `offset_increment=${bytes}`,
      `iodepth=${job.depth}`,
      `numjobs=${job.jobs}`,
      // fio adds it to addresses that it has aligned to pages.
      ...(job.head === undefined ? [] : [`iomem_align=${job.head}`]),
    );
    offset += bytes * job.jobs;
  }
  return `${lines.join('\n')}\n`;
}
