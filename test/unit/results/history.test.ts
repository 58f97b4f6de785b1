import { copyFile, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SAMPLES_SCHEMA_VERSION, type SamplesHeader, type SamplesLine, type Series } from '../../../src/model/index.js';
import { History, writeSamples } from '../../../src/results/index.js';
import { series } from '../series.js';

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'phyrlab-history-'));
});
afterEach(() => rm(root, { recursive: true, force: true }));

const header = (n: number): SamplesHeader => ({
  schema: SAMPLES_SCHEMA_VERSION,
  run: `run-${n}`,
  at: `2026-11-${String(n).padStart(2, '0')}T00:00:00.000Z`,
  modules_key: `m${n}`,
  rootfs_key: 'r',
  host: { kernel: '7.0', cpus: 2, memory_mib: 1000 },
});

const write = (folder: string, n: number, lines: SamplesLine[]) => writeSamples(join(root, folder), header(n), lines);
const line = (value: number, changes: Partial<Series> = {}): SamplesLine => ({
  series: series(changes),
  values: [value],
});

async function read<T>(folder: string, use: (history: History) => Promise<T>): Promise<T> {
  using history = await History.open(join(root, folder), join(root, 'index'));
  return await use(history);
}

const values = (folder: string, word = 'map') =>
  read(folder, async (history) =>
    (await history.series((name) => name.endsWith(word))).map(({ samples }) =>
      samples.flatMap((sample) => sample.values),
    ),
  );

describe('the history', () => {
  it('gives the samples of a series in the order of their runs, however the files came', async () => {
    await write('a', 2, [line(20), line(5, { phase: 'unmap' })]);
    expect(await values('a', ' map')).toEqual([[20]]);
    await write('a', 1, [line(10)]);
    await write('a', 3, [{ ...line(30), values: [30, 31] }]);
    expect(await values('a', ' map')).toEqual([[10, 20, 30, 31]]);
    expect(await values('a', 'unmap')).toEqual([[5]]);
    const runs = await read('a', (history) => history.runs());
    expect(runs.map(({ run, modules }) => `${run} ${modules}`)).toEqual(['run-1 m1', 'run-2 m2', 'run-3 m3']);
  });

  it('never joins what differs in anything that could move it', async () => {
    const differing: Partial<Series>[] = [
      { declared: 'd2' },
      { kernel_key: 'k2' },
      { qemu_key: 'q2' },
      { accelerator: 'kvm' },
      { unit: 'ns' },
    ];
    await write('a', 1, [line(1), ...differing.map((changes, i) => line(2 + i, changes))]);
    await write('a', 2, [line(10)]);
    const all = await values('a');
    expect(all.length).toBe(1 + differing.length);
    expect(all).toContainEqual([1, 10]);
  });

  it('two histories are merged by copying files together', async () => {
    await write('a', 1, [line(1)]);
    await write('b', 2, [line(2)]);
    for (const name of await readdir(join(root, 'b'))) await copyFile(join(root, 'b', name), join(root, 'a', name));
    expect(await values('a')).toEqual([[1, 2]]);
  });

  it('forgets a file that is gone, and reads one again that changed', async () => {
    const path = await write('a', 1, [line(1)]);
    await write('a', 2, [line(2)]);
    expect(await values('a')).toEqual([[1, 2]]);
    await write('a', 2, [line(222)]);
    expect(await values('a')).toEqual([[1, 222]]);
    await rm(path);
    expect(await values('a')).toEqual([[222]]);
  });

  it('names a file that is not whole, and goes on without it', async () => {
    const path = await write('a', 1, [line(1)]);
    await write('a', 2, [line(2)]);
    const samples = JSON.stringify(line(1));
    const damages: [text: string, why: RegExp][] = [
      ['', /empty/],
      ['what is this\n', /JSON/],
      [`${samples}\n`, /0 headers/],
      [`${JSON.stringify({ ...header(1), schema: 99 })}\n${samples}\n`, /header/],
      [`${JSON.stringify(header(1))}\n{"series":{"cell":"c"},"values":[1]}\n`, /not a series/],
      [`${JSON.stringify(header(1))}\n${samples.slice(0, 50)}`, /JSON/],
      [`${JSON.stringify(header(9))}\n${samples}\n`, /run-9/],
      [`${JSON.stringify(header(1))}\n${samples.replace('[1]', '[null]')}\n`, /^1 line is no sample/],
      [`${JSON.stringify(header(1))}\n${samples.replace('[1]', '["x"]')}\n`, /x/],
    ];
    for (const [text, why] of damages) {
      await writeFile(path, text);
      await rm(join(root, 'index'), { recursive: true, force: true });
      const refused = await read('a', async (history) => history.refused);
      expect(
        refused.map(({ file }) => file),
        text,
      ).toEqual([path]);
      expect(refused[0]?.why).toMatch(why);
      expect(await values('a')).toEqual([[2]]);
    }
  });

  it('an index that is damaged is made again', async () => {
    await write('a', 1, [line(1)]);
    expect(await values('a')).toEqual([[1]]);
    for (const name of await readdir(join(root, 'index'))) await writeFile(join(root, 'index', name), 'not a database');
    expect(await values('a')).toEqual([[1]]);
  });

  it('that is not there is said in one line', async () => {
    await expect(History.open(join(root, 'nowhere'), join(root, 'index'))).rejects.toThrow(/there is no history/);
  });

  it('what one run measured comes by series', async () => {
    await write('a', 1, [line(1), line(5, { phase: 'unmap' })]);
    await write('a', 2, [line(2)]);
    const run = await read('a', (history) => history.run('run-1'));
    expect([...run.values()].map(({ series: { phase }, sample }) => [phase, ...sample.values])).toEqual([
      ['map', 1],
      ['unmap', 5],
    ]);
  });

  it('goes on with the series of before they said by fields what they are of', async () => {
    const { what: _, phase: _p, ...rest } = series();
    const named = { ...rest, metric: '4k 1 MiB map' };
    const old = { ...header(1), schema: 1 as const };
    await writeSamples(join(root, 'a'), old, [{ series: named as unknown as Series, values: [10] }]);
    await write('a', 2, [line(20, { layout: '4k', size_kib: 1024 })]);
    expect(await values('a', '4k 1 MiB map')).toEqual([[10, 20]]);
  });
});
