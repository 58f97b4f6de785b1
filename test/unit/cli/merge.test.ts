/** The command `merge` on folders as shards leave them, without a guest. */
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { suites } from '../../../harness/index.js';
import { mergeCommand } from '../../../src/cli/merge.js';
import { type CellRecord, RunResult } from '../../../src/model/index.js';
import { expand, takeShard } from '../../../src/plan/index.js';
import { EVENTS, findRecordedCell, findRun, RunStore, readEvents, readRun } from '../../../src/results/index.js';
import { partsOf, type Suite } from '../../../src/workloads/index.js';
import { someRun } from '../run-result.js';

const plan = expand(suites.find(({ id }) => id === 'smoke') as Suite, someRun.seed);
const at = '2026-11-21T00:00:00.000Z';
const FAILING = plan.cells[1]?.id ?? '';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'phyrlab-merge-'));
  vi.spyOn(process.stdout, 'write').mockReturnValue(true);
});
afterEach(async () => {
  vi.restoreAllMocks();
  process.exitCode = 0;
  await rm(folder, { recursive: true });
});

/** A shard's folder of runs: one cell of the suite fails and keeps its evidence. */
async function shard(index: number, count: number, keep = (_: CellRecord) => true): Promise<string> {
  const runs = join(folder, `shard-${index}`);
  const { shard: part, plan: mine, elsewhere } = takeShard(plan, { index, count });
  const run = { ...someRun, id: `r${index}`, shard: part };
  using store = await RunStore.create(runs, run.id);
  store.append({ type: 'run-start', at, run, cells: mine.cells, pruned: mine.pruned, elsewhere });
  for (const cell of mine.cells) {
    const record: CellRecord = {
      ...partsOf(cell),
      verdict: 'pass',
      reason: '',
      oracles: [],
      metrics: [],
      duration_ms: 1,
      repro: 'old',
    };
    if (cell.id === FAILING) {
      Object.assign(record, { verdict: 'fail', reason: 'broken', evidence: 'cells/it' });
      await mkdir(join(store.folder, 'cells/it'), { recursive: true });
      await writeFile(join(store.folder, 'cells/it/console.log'), 'oops');
    }
    if (keep(record)) store.append({ type: 'cell-end', at, record });
  }
  return runs;
}

async function merge(...words: string[]): Promise<{ code: unknown; result: RunResult; run: string }> {
  const runs = join(folder, 'merged');
  const json = join(folder, 'result.json');
  await mergeCommand().parseAsync([...words, '--runs', runs, '--json', json], { from: 'user' });
  const [id] = (await readdir(runs)).filter((name) => !name.startsWith('.'));
  const result = RunResult.parse(JSON.parse(await readFile(json, 'utf8')));
  return { code: process.exitCode, result, run: join(runs, id ?? '') };
}

describe('phyrlab merge', () => {
  it('reports shards as one run, brings their evidence, and leaves a run that can be asked', async () => {
    const { code, result, run } = await merge(await shard(1, 2), join(await shard(2, 2), 'r2'));
    expect(code).toBe(1);
    expect(result.cells.map(({ id }) => id).sort()).toEqual(plan.cells.map(({ id }) => id).sort());
    const failed = result.cells.find(({ id }) => id === FAILING);
    expect(await readFile(join(run, failed?.evidence ?? '', 'console.log'), 'utf8')).toBe('oops');
    expect(failed?.repro).toBe(`phyrlab repro '${result.run.id}/${FAILING}'`);
    expect(JSON.parse(await readFile(join(run, 'result.json'), 'utf8'))).toEqual(result);
    expect((await readEvents(run))?.events.at(-1)).toMatchObject({ type: 'run-end', exitCode: 1 });
    expect((await readRun(findRun(join(folder, 'merged')))).cells).toEqual(result.cells);
    expect((await findRecordedCell(join(folder, 'merged'), FAILING)).cell).toEqual(plan.cells[1]);
  });

  it('shows a shard that died in the middle of a line, and one that never came, as lost cells', async () => {
    const runs = await shard(1, 3);
    const file = join(runs, 'r1', EVENTS);
    const text = await readFile(file, 'utf8');
    await writeFile(file, text.slice(0, text.trimEnd().lastIndexOf('\n') + 40));
    const { code, result } = await merge(runs, await shard(2, 3));
    const lost = result.cells
      .filter(({ verdict }) => verdict === 'lost')
      .map(({ reason }) => reason.replace(/,.*/, ''));
    const [one, , three] = [1, 2, 3].map((index) => takeShard(plan, { index, count: 3 }).plan.cells.length);
    expect(lost.filter((reason) => reason === "shard 1/3 died before this cell's end")).toHaveLength(
      (one ?? 0) > 0 ? 1 : 0,
    );
    expect(lost.filter((reason) => reason === 'shard 3/3 is missing')).toHaveLength(three ?? 0);
    expect(result.cells).toHaveLength(plan.cells.length);
    expect(code).toBe(result.cells.some(({ verdict }) => verdict === 'fail') ? 1 : 3);
  });

  it('takes an empty folder for a shard that died before it began, and nothing at all for a mistake', async () => {
    vi.spyOn(process.stderr, 'write').mockReturnValue(true);
    await mkdir(join(folder, 'empty'));
    const { result } = await merge(await shard(1, 2), join(folder, 'empty'));
    expect(result.cells.some(({ reason }) => reason === 'shard 2/2 is missing')).toBe(true);
    await expect(merge(join(folder, 'empty'))).rejects.toThrow(/^no run in /);
    await expect(merge(join(folder, 'nowhere'))).rejects.toThrow(/^cannot read /);
  });
});
