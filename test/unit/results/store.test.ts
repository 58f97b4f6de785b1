import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { RunResult, UsageError } from '../../../src/model/index.js';
import { newRunId, RunStore, runsFolder } from '../../../src/results/index.js';
import { resultOf } from '../run-result.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'phyrlab-store-'));
});
afterEach(() => rm(folder, { recursive: true }));

const result = resultOf([]);

describe('the store', () => {
  it('has each event on disk at once, and the result whole', async () => {
    using store = await RunStore.create(folder, 'r1');
    store.append({ type: 'notice', at: 'now', level: 'info', text: 'one' });
    expect(await readFile(join(folder, 'r1', 'events.jsonl'), 'utf8')).toBe(
      '{"type":"notice","at":"now","level":"info","text":"one"}\n',
    );
    const path = await store.writeResult(result);
    expect(RunResult.parse(JSON.parse(await readFile(path, 'utf8')))).toEqual(result);
    expect((await readdir(store.folder)).sort()).toEqual(['events.jsonl', 'result.json']);
  });

  it('never writes over another run', async () => {
    using _ = await RunStore.create(folder, 'r1');
    await expect(RunStore.create(folder, 'r1')).rejects.toThrow(UsageError);
  });

  it('is where flag, environment or XDG say, in this order', () => {
    expect(runsFolder('/a', { PHYRLAB_RUNS: '/b' })).toBe('/a');
    expect(runsFolder(undefined, { PHYRLAB_RUNS: '/b', XDG_STATE_HOME: '/c' })).toBe('/b');
    expect(runsFolder(undefined, { XDG_STATE_HOME: '/c' })).toBe('/c/phyrlab/runs');
  });

  it('refuses a user without a home instead of writing into the current folder', () => {
    expect(() => runsFolder(undefined, { HOME: '' })).toThrow(/no home folder/);
  });

  it('names runs so that they sort by time', () => {
    const [a, b] = [newRunId(new Date('2026-01-02T03:04:05Z')), newRunId(new Date('2026-01-02T03:04:06Z'))];
    expect(a).toMatch(/^20260102-030405-[0-9a-f]{4}$/);
    expect(a < b).toBe(true);
  });
});
