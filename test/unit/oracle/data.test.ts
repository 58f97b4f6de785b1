import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type DataClaim, judgeData, readStamp, stamped, stampedDue } from '../../../src/oracle/index.js';
import { fioDue, fioRegions } from '../../../src/workloads/fio-verify/pattern.js';

let folder: string;
let file: string;
const PAGE = 4096;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'phyrlab-data-'));
  file = join(folder, 'disk');
});
afterAll(() => rm(folder, { recursive: true }));

async function judged(content: Buffer, claim: Partial<DataClaim>) {
  await writeFile(file, content);
  return judgeData([{ what: 'it', file, ...claim } as DataClaim]);
}

describe('the data oracle', () => {
  const bytes = stamped(PAGE, 4 * PAGE, 77, 1);
  const due = stampedDue(PAGE, 4 * PAGE, 77, 1);
  const disk = Buffer.concat([Buffer.alloc(PAGE), bytes]);

  it('passes what is there', async () => {
    expect(await judged(disk, { kind: 'holds', offset: PAGE, due })).toEqual({
      name: 'data',
      verdict: 'pass',
      detail: '16 KiB as expected',
    });
  });

  it.each([
    ['stale', () => stamped(PAGE, 4 * PAGE, 77, 0), /32 of 32 sectors.*byte 4096 .*LBA 8 of generation 0, seed 77/],
    ['misplaced', () => stamped(2 * PAGE, 4 * PAGE, 77, 1), /LBA 16 of generation 1/],
    ['missing', () => Buffer.alloc(4 * PAGE), /filled with 0x00/],
    ['one bit off', () => flip(bytes, 9000), /1 of 32 sectors differ, first at byte 12800/],
    ['cut short', () => bytes.subarray(0, PAGE), /file ends/],
  ])('fails on %s data and says what it found', async (_, actual, words) => {
    const content = Buffer.concat([Buffer.alloc(PAGE), actual()]);
    const report = await judged(content, { kind: 'holds', offset: PAGE, due });
    expect(report.verdict).toBe('fail');
    expect(report.detail).toMatch(words);
  });

  it('compares what the guest read with what only the host knew', async () => {
    const digest = createHash('sha256').update(bytes).digest('hex');
    const claim = { kind: 'read-back', due } as const;
    expect((await judged(disk, { ...claim, digest })).verdict).toBe('pass');
    expect((await judged(disk, { ...claim, digest: digest.replace(/^./, 'x') })).verdict).toBe('fail');
    expect((await judged(disk, { ...claim, digest: undefined })).verdict).toBe('inconclusive');
  });

  it('finds pages that a file system has scattered, and counts those that are not there', async () => {
    const page = (n: number) => bytes.subarray(n * PAGE, (n + 1) * PAGE);
    const scattered = Buffer.concat([page(2), Buffer.alloc(PAGE), page(0), page(3), Buffer.alloc(64 * PAGE), page(1)]);
    expect((await judged(scattered, { kind: 'holds-scattered', due })).verdict).toBe('pass');
    const lost = await judged(flip(scattered, 2 * PAGE + 7), { kind: 'holds-scattered', due });
    expect([lost.verdict, lost.detail]).toEqual(['fail', 'it: 1 of 4 pages are not in the file']);
  });

  it("is told apart whose data it is: the kernel's own path says nothing of what is under test", async () => {
    await writeFile(file, Buffer.concat([Buffer.alloc(PAGE), bytes]));
    const right: DataClaim = { kind: 'holds', what: 'ours', file, offset: PAGE, due };
    const wrong: DataClaim = { ...right, what: 'theirs', offset: 0, kernel: true };
    expect(await judgeData([wrong, right])).toMatchObject({
      verdict: 'pass',
      kernel: [
        { code: expect.stringMatching(/^data-/), detail: expect.stringMatching(/^theirs: 32 of 32 sectors differ/) },
      ],
    });
    expect((await judgeData([{ ...right, offset: 0 }])).kernel).toBeUndefined();
  });

  it('finds bytes wherever a page begins, and objects when refused bytes moved', async () => {
    expect((await judged(disk, { kind: 'holds-somewhere', due })).verdict).toBe('pass');
    expect((await judged(disk, { kind: 'holds-nowhere', due })).verdict).toBe('fail');
    const other = stampedDue(0, PAGE, 78, 1);
    expect((await judged(disk, { kind: 'holds-somewhere', due: other })).verdict).toBe('fail');
    expect((await judged(disk, { kind: 'holds-nowhere', due: other })).verdict).toBe('pass');
  });

  it('has not looked when nothing was claimed', async () => {
    expect((await judgeData([])).verdict).toBe('inconclusive');
  });
});

describe('stamps', () => {
  it('say what they are', () => {
    const bytes = stamped(512 * 9, 1024, 5, 6);
    expect(readStamp(bytes.subarray(512))).toEqual({ seed: 5, generation: 6, lba: 10 });
    expect(readStamp(Buffer.alloc(512))).toBeUndefined();
  });

  it('are the bytes that guest/tools/stamp.c writes', () => {
    // stamp write FILE 512 1024 12345 2 && sha256sum of those 1024 bytes
    expect(
      createHash('sha256')
        .update(stamped(512, 1024, 12345, 2))
        .digest('hex'),
    ).toMatchInlineSnapshot(`"5e4e5b296fe458f2c88a13845a38214069f24860dad0fc0f4b181c43e1cd9a9a"`);
  });
});

describe('the pattern of fio', () => {
  it('repeats seed and block offset through each block', () => {
    const [first, second] = fioRegions(
      [{ name: 'a', pattern: 'random', blockSize: 512, regionKiB: 1, depth: 1, jobs: 2 }],
      4096,
    );
    expect([first?.offset, second?.offset]).toEqual([4096, 5120]);
    const bytes = fioDue({ name: 'a.1', offset: 5120, bytes: 1024, blockSize: 512 }, 0x12345678).piece(0, 1024);
    expect(bytes.toString('hex', 0, 24)).toBe('785634120014000000000000'.repeat(2));
    expect(bytes.toString('hex', 512, 524)).toBe('785634120016000000000000');
  });
});

describe('pieces', () => {
  const MIB = 1 << 20;

  it('of fio blocks that they cut are the pieces of the whole', () => {
    const region = { name: 'odd.0', offset: 8192, bytes: 3 * MIB, blockSize: 13 * 512 };
    const { piece } = fioDue(region, 0xabcdef01);
    const whole = piece(0, region.bytes);
    for (const from of [MIB, 2 * MIB]) {
      expect(piece(from, MIB).equals(whole.subarray(from, from + MIB))).toBe(true);
    }
  });

  it('are compared to the end', async () => {
    const size = 2 * MIB + 512;
    const content = stamped(0, size, 1, 1);
    const claim = { kind: 'holds', offset: 0, due: stampedDue(0, size, 1, 1) } as const;
    expect((await judged(content, claim)).verdict).toBe('pass');
    expect((await judged(flip(content, size - 1), claim)).detail).toMatch(/1 of 4097 sectors/);
  });
});

function flip(bytes: Buffer, at: number): Buffer {
  const copy = Buffer.from(bytes);
  copy[at] = (copy[at] ?? 0) ^ 1;
  return copy;
}
