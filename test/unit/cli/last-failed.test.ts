import { appendFile, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { lastFailed } from '../../../src/cli/last-failed.js';
import { loadSuites, planOf } from '../../../src/cli/scenarios.js';
import type { CellRecord, Verdict } from '../../../src/model/index.js';
import { RunStore } from '../../../src/results/index.js';
import { type Cell, partsOf } from '../../../src/workloads/index.js';
import { INTERRUPTED, someRun } from '../run-result.js';

const suites = await loadSuites();
const smoke = planOf(suites, ['smoke'], 7).cells;
const [a, b, c] = smoke as [Cell, Cell, Cell];
const at = '2026-11-21T00:00:00.000Z';

let runs: string;
let count = 0;
beforeEach(async () => {
  runs = await mkdtemp(join(tmpdir(), 'phyrlab-last-'));
});
afterEach(() => rm(runs, { recursive: true }));

const ended = (cell: Cell, verdict: Verdict, more: Partial<CellRecord> = {}): CellRecord => ({
  ...partsOf(cell),
  verdict,
  reason: '',
  oracles: [],
  metrics: [],
  duration_ms: 1,
  repro: '',
  ...((verdict === 'lost' || verdict === 'inconclusive') && { code: 'unclassified' }),
  ...more,
});

/** A run of smoke, or of one cell again, as its folder has it; without an end, for a killed one has none. */
async function run(cells: Cell[], records: CellRecord[], words = ['smoke'], seed = 7, kernel = '7.3'): Promise<void> {
  const id = `20261121-00${String(++count).padStart(4, '0')}-abcd`;
  using store = await RunStore.create(runs, id);
  store.append({ type: 'run-start', at, run: { ...someRun, id, seed, asked: { words, kernel } }, cells, pruned: [] });
  for (const record of records) {
    store.append({ type: 'cell-start', at, cell: record.id, boot: 0 });
    store.append({ type: 'cell-end', at, record });
  }
}

async function left(seed?: number): Promise<[ids: string[], notes: string]> {
  const { plan, notes } = await lastFailed(runs, () => Promise.resolve(suites), seed);
  return [plan?.cells.map(({ id }) => id) ?? [], notes.join('\n')];
}

it('a run that was killed with its only cell unfinished leaves that cell', async () => {
  await run([a], []);
  expect(await left()).toEqual([[a.id], '1 cell has not passed; 1 of them did not finish']);
});

it('nor has a cell passed that was interrupted, lost or doubted', async () => {
  await run(
    [a, b, c],
    [ended(a, 'lost', INTERRUPTED), ended(b, 'inconclusive'), ended(c, 'lost', { reason: 'QEMU ended' })],
  );
  expect(await left()).toEqual([[a.id, b.id, c.id], '3 cells have not passed; 1 of them did not finish']);
});

it('a repro of one failure does not make the others forgotten', async () => {
  await run([a, b, c], [ended(a, 'fail'), ended(b, 'fail'), ended(c, 'pass')]);
  await run([a], [ended(a, 'fail')], [a.id]);
  expect((await left())[0].sort()).toEqual([a.id, b.id].sort());
  await run([a], [ended(a, 'pass')], [a.id]);
  expect((await left())[0]).toEqual([b.id]);
});

it('what has passed since is off the list, as is a defect that was caught or is known', async () => {
  await run([a, b, c], [ended(a, 'fail'), ended(b, 'fail'), ended(c, 'fail')]);
  await run([a, b, c], [ended(a, 'pass'), ended(b, 'caught'), ended(c, 'xfail')]);
  expect(await left()).toEqual([[], 'all cells that were run have passed since']);
});

it('a cell that was skipped has not passed', async () => {
  await run([a], [ended(a, 'fail')]);
  await run([a], [ended(a, 'skip', { reason: 'not with this QEMU' })]);
  expect((await left())[0]).toEqual([a.id]);
});

it('cells keep the seeds that they had, of whatever run, unless another is asked for', async () => {
  await run([a], [ended(a, 'fail')]);
  const other = planOf(suites, [b.id], 8).cells;
  await run(other, [ended(b, 'fail')], [b.id], 8);
  const seeds = async (seed?: number) =>
    Object.fromEntries(
      (await lastFailed(runs, () => Promise.resolve(suites), seed)).plan?.cells.map((cell) => [cell.id, cell.seed]) ??
        [],
    );
  expect(await seeds()).toEqual({ [a.id]: a.seed, [b.id]: other[0]?.seed });
  expect(other[0]?.seed).not.toBe(b.seed);
  expect(await seeds(7)).toEqual({ [a.id]: a.seed, [b.id]: b.seed });
});

it('takes one kernel after the other, and says what is left', async () => {
  await run([a], [ended(a, 'fail')], ['smoke'], 7, '7.2');
  // Passed on another kernel.
  await run([a, b], [ended(a, 'pass'), ended(b, 'fail')]);
  expect(await left()).toEqual([
    [b.id],
    '1 cell has not passed\n1 more unpassed cell to run after these, with another kernel or QEMU',
  ]);
  await run([b], [ended(b, 'pass')], [b.id]);
  expect((await left())[0]).toEqual([a.id]);
});

it('does not stumble over cells that are no more', async () => {
  await run([{ ...a, id: 'gone/gone/gone/sg' }], []);
  expect(await left()).toEqual([[], '1 cell that did not pass does not exist any more']);
  await run([b], [ended(b, 'fail')]);
  expect((await left())[0]).toEqual([b.id]);
});

it('without a run there is nothing to run again', async () => {
  await expect(left()).rejects.toThrow(/there is no run/);
});

it('a line that never ends is not read into memory, and the cells after it are found', async () => {
  await run([a, b], [ended(a, 'fail')]);
  const [id] = await readdir(runs);
  const events = join(runs, id as string, 'events.jsonl');
  await appendFile(events, `{"type":"cell-end","record":{"id":"${b.id}","verdict":"pass","reason":"`);
  for (let i = 0; i < 17; i++) await appendFile(events, 'x'.repeat(1 << 20));
  await appendFile(events, `"}}\n${JSON.stringify({ type: 'cell-end', at, record: ended(a, 'pass') })}\n`);
  expect((await left())[0]).toEqual([b.id]);
});
