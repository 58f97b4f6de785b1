import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { earlierRuns } from '../../../src/results/index.js';

let runs: string;
beforeEach(async () => {
  runs = await mkdtemp(join(tmpdir(), 'phyrlab-durations-'));
});
afterEach(() => rm(runs, { recursive: true }));

async function run(id: string, result: unknown): Promise<void> {
  await mkdir(join(runs, id));
  await writeFile(join(runs, id, 'events.jsonl'), '');
  if (result !== undefined)
    await writeFile(join(runs, id, 'result.json'), typeof result === 'string' ? result : JSON.stringify(result));
}

const resultOf = (cells: object[], accelerator = 'tcg') => ({ run: { host: { accelerator } }, cells });
const cell = (id: string, duration_ms: number, more: object = {}) => ({ id, duration_ms, verdict: 'pass', ...more });

it('are those of the newest run that had the cell, on the same accelerator', async () => {
  await run('20260101-000000-aaaa', resultOf([cell('a', 1), cell('b', 2), cell('other', 3)]));
  await run('20260102-000000-aaaa', resultOf([cell('a', 10), cell('lost', 99, { verdict: 'lost' })]));
  await run('20260103-000000-aaaa', resultOf([cell('a', 100)], 'kvm'));
  await run('20260104-000000-aaaa', undefined);
  await run('20260105-000000-aaaa', 'not JSON');
  const { durations, pace } = await earlierRuns(runs, ['a', 'b', 'c', 'lost'], 'tcg');
  expect([...durations]).toEqual([
    ['a', 10],
    ['b', 2],
  ]);
  expect(pace).toBeUndefined();
});

it('and how much time passed for them: what lies between cells, and guests side by side', async () => {
  const at = (second: number) => new Date(second * 1000).toISOString();
  await run(
    '20260101-000000-aaaa',
    resultOf([cell('a', 2000, { started: at(0) }), cell('b', 2000, { started: at(8) }), cell('c', 1000, {})]),
  );
  expect((await earlierRuns(runs, ['a', 'b', 'c'], 'tcg')).pace).toBe(2.5);
});

it('there is nothing where no run is', async () => {
  const { durations } = await earlierRuns(join(runs, 'none'), ['a'], 'tcg');
  expect(durations.size).toBe(0);
});
