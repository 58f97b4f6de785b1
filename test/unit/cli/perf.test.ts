import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { perfCommand } from '../../../src/cli/perf.js';
import { historyFolder, RunStore, writeSamples } from '../../../src/results/index.js';
import { someRun } from '../run-result.js';
import { series } from '../series.js';

let runs: string;
beforeEach(async () => {
  runs = await mkdtemp(join(tmpdir(), 'phyrlab-perf-'));
  vi.stubEnv('PHYRLAB_CACHE', join(runs, '.cache'));
});
afterEach(async () => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
  process.exitCode = undefined;
  await rm(runs, { recursive: true });
});

async function measured(run: string, at: string, value: number, kind: 'exact' | 'noisy' = 'exact'): Promise<void> {
  const header = { run, at, modules_key: 'm', rootfs_key: 'r', host: { kernel: '7.0', cpus: 2, memory_mib: 1000 } };
  await writeSamples(historyFolder(runs), { schema: 1, ...header }, [{ series: series({ kind }), values: [value] }]);
}

async function perf(...words: string[]): Promise<string> {
  const said: string[] = [];
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => said.push(String(text)) > 0);
  await perfCommand().parseAsync([...words, '--runs', runs], { from: 'user' });
  vi.restoreAllMocks();
  return said.join('');
}

it('runs are named as everywhere: by id, its beginning, a folder, or newest', async () => {
  await measured('20261121-000000-aaaa', '2026-11-21T00:00:00.000Z', 1000);
  await measured('20261122-000000-bbbb', '2026-11-22T00:00:00.000Z', 1010);
  using store = await RunStore.create(runs, '20261122-000000-bbbb');
  const at = '2026-11-22T00:00:00.000Z';
  store.append({ type: 'run-start', at, run: { ...someRun, id: '20261122-000000-bbbb' }, cells: [], pruned: [] });
  for (const name of ['20261122-000000-bbbb', '20261122', 'newest', store.folder])
    expect(await perf('compare', '20261121', name)).toMatch(/^worse! +\+1\.00 % /);
  await expect(perf('compare', '2026', 'newest')).rejects.toThrow("'2026' begins 2 runs");
  await expect(perf('compare', 'newest', '20261122')).rejects.toThrow('is on both sides');
  using other = await RunStore.create(runs, '20261123-000000-cccc');
  other.append({ type: 'run-start', at, run: { ...someRun, id: '20261123-000000-cccc' }, cells: [], pruned: [] });
  await expect(perf('gate', '--run', '20261123-000000-cccc')).rejects.toThrow('the history has no measurements of run');
});

it('several runs make a side, and tell what one could not', async () => {
  for (let n = 0; n < 10; n++)
    await measured(`2026112${n}-000000-aaaa`, `2026-11-2${n}T00:00:00.000Z`, 100 + n + (n < 5 ? 0 : 50), 'noisy');
  const side = (from: number) => [0, 1, 2, 3, 4].map((n) => `2026112${from + n}`).join(',');
  expect(await perf('compare', '20261120', '20261125')).toMatch(/^1 series: 1 inconclusive$/m);
  expect(await perf('compare', side(0), side(5))).toMatch(/^worse! /);
});

it('a gate that has nothing to go by says why, and does not pass', async () => {
  await measured('20261121-000000-aaaa', '2026-11-21T00:00:00.000Z', 1000, 'noisy');
  expect(await perf('gate')).toMatch(/^nothing to compare\nnot compared: 1 never measured before$/m);
  expect(process.exitCode).toBe(2);
  await measured('20261122-000000-bbbb', '2026-11-22T00:00:00.000Z', 1100, 'noisy');
  process.exitCode = undefined;
  expect(await perf('gate')).toMatch(/^inconclusive: 1 with too few samples/m);
  expect(process.exitCode).toBe(2);
});
