import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type ChurnArea,
  churnClaim,
  churnGenerations,
  churnOp,
  judgeData,
  SECTOR,
  stamped,
} from '../../../src/oracle/index.js';

const area: ChurnArea = { worker: 2, offset: 1 << 20, bytes: 2 << 20, blockSize: 512, seed: 3_000_000_000 };
const ZEROED = 0xffffffff;

describe('the operations of churn', () => {
  it('are those that the guest draws', () => {
    // What guest/tools/churn_draw.c printed for the same seed and worker.
    expect([1, 2, 3, 4, 5, 6, 9].map((number) => Object.values(churnOp(area, number)))).toEqual([
      ['read', 2711, 1],
      ['write', 749, 435],
      ['write', 79, 1],
      ['zero', 724, 29],
      ['write', 269, 18],
      ['read', 2083, 330],
      ['write', 1956, 960],
    ]);
    const large = { ...area, worker: 0, seed: 7, blockSize: 4096 };
    expect([1, 2, 3, 4].map((number) => Object.values(churnOp(large, number)))).toEqual([
      ['write', 2384, 368],
      ['write', 2296, 8],
      ['read', 2984, 896],
      ['read', 3928, 40],
    ]);
  });

  it('stay in the area, in whole blocks, from one to 1 MiB', () => {
    for (const blockSize of [512, 4096]) {
      const sizes = Array.from({ length: 4000 }, (_, i) => churnOp({ ...area, blockSize }, i + 1));
      expect(sizes.every(({ from, count }) => from >= 0 && (from + count) * SECTOR <= area.bytes)).toBe(true);
      expect(sizes.every(({ from, count }) => (from * SECTOR) % blockSize === 0 && count * SECTOR >= blockSize)).toBe(
        true,
      );
      expect(Math.max(...sizes.map(({ count }) => count)) * SECTOR).toBeGreaterThan(900 << 10);
      expect(Math.min(...sizes.map(({ count }) => count)) * SECTOR).toBe(blockSize);
    }
  });

  it('leave in each sector the number of the last that changed it', () => {
    const generations = churnGenerations(area, 4);
    expect([79, 724, 748, 752, 753, 1183, 1184, 2711].map((sector) => generations[sector])).toEqual([
      3,
      ZEROED,
      ZEROED,
      ZEROED,
      2,
      2,
      0,
      0,
    ]);
  });
});

describe('the claim about an area', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'phyrlab-churn-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  /** A disk after so many operations, done one after the other. */
  function disk(done: number): Buffer {
    const bytes = Buffer.concat([Buffer.alloc(area.offset), stamped(area.offset, area.bytes, area.seed, 0)]);
    for (let number = 1; number <= done; number++) {
      const { kind, from, count } = churnOp(area, number);
      const at = area.offset + from * SECTOR;
      if (kind === 'zero') bytes.fill(0, at, at + count * SECTOR);
      if (kind === 'write') stamped(at, count * SECTOR, area.seed, number).copy(bytes, at);
    }
    return bytes;
  }

  async function verdict(content: Buffer, done: number, error: string | null = null) {
    const file = join(folder, 'disk');
    await writeFile(file, content);
    return judgeData([churnClaim(area, { done, error }, file)]);
  }

  it('holds after all operations, and not before the last or after one more', async () => {
    expect(await verdict(disk(40), 40)).toMatchObject({ verdict: 'pass', detail: '2 MiB as expected' });
    expect((await verdict(disk(8), 9)).detail).toMatch(/960 of 4096 sectors differ.*generation/);
    expect((await verdict(disk(9), 8)).verdict).toBe('fail');
  });

  it('leaves open what an operation that failed has done, and nothing else', async () => {
    const [before, after] = [disk(8), disk(9)];
    const half = Buffer.from(before);
    after.copy(half, area.offset + 1956 * SECTOR, area.offset + 1956 * SECTOR, area.offset + 2000 * SECTOR);
    for (const content of [before, after, half]) expect((await verdict(content, 8, 'EIO')).verdict).toBe('pass');
    const beside = Buffer.from(after);
    beside.fill(0, area.offset + 1955 * SECTOR, area.offset + 1956 * SECTOR);
    expect((await verdict(beside, 8, 'EIO')).verdict).toBe('fail');
    const torn = Buffer.from(after);
    torn.fill(7, area.offset + 1960 * SECTOR, area.offset + 1961 * SECTOR);
    expect((await verdict(torn, 8, 'EIO')).verdict).toBe('fail');
    expect((await verdict(disk(10), 8, 'EIO')).verdict).toBe('fail');
  });
});
