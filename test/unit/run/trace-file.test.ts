import { appendFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readTrace } from '../../../src/run/trace-file.js';

let folder: string;
let file: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'phyrlab-trace-'));
  file = join(folder, 'trace.log');
});
afterEach(() => rm(folder, { recursive: true }));

describe('what QEMU has traced', () => {
  it('is read from where a cell began, whoever takes a line being told its byte', async () => {
    await writeFile(file, 'before\n');
    const from = 'before\n'.length;
    await appendFile(file, 'pci_nvme_read one\n\nfault\npci_nvme_read two\nhalf a li');
    const taken: [string, number][] = [];
    const take = (line: string, offset: number) => line.startsWith('pci_nvme') && taken.push([line, offset]) > 0;
    expect(await readTrace(file, from, take)).toEqual({ lines: ['fault', 'half a li'], truncated: false });
    expect(taken).toEqual([
      ['pci_nvme_read one', 7],
      ['pci_nvme_read two', 32],
    ]);
  });

  it('is nothing where nothing came', async () => {
    await writeFile(file, 'before\n');
    expect(await readTrace(file, 7)).toEqual({ lines: [], truncated: false });
  });

  it('tells bytes, not characters, and lines across the pieces in which a file is read', async () => {
    const long = 'x'.repeat(100_000);
    await writeFile(file, `\u00e4\n${long}\nlast`);
    const offsets: number[] = [];
    await readTrace(file, 0, (_, offset) => offsets.push(offset) > 0);
    expect(offsets).toEqual([0, 3, 100_004]);
  });

  it('says so where it is more than is read or kept', async () => {
    await writeFile(file, 'one\ntwo\nthree\n');
    expect(await readTrace(file, 0, undefined, { read: 8, kept: 100 })).toEqual({
      lines: ['one', 'two'],
      truncated: true,
    });
    expect(await readTrace(file, 0, undefined, { read: 100, kept: 4 })).toEqual({
      lines: ['one', 'two'],
      truncated: true,
    });
    // What somebody takes is not kept here.
    expect((await readTrace(file, 0, () => true, { read: 100, kept: 4 })).truncated).toBe(false);
  });
});
