import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { suites } from '../../../harness/index.js';
import { type CellRecord, exitCodeOf, partsOfId, type RunRecord } from '../../../src/model/index.js';
import { expand, takeShard } from '../../../src/plan/index.js';
import {
  EVENTS,
  mergeShards,
  RunStore,
  readEvents,
  readStart,
  type ShardLog,
  whatIsLeft,
} from '../../../src/results/index.js';
import { partsOf, type RunEvent, type Suite } from '../../../src/workloads/index.js';
import { INTERRUPTED, someRun } from '../run-result.js';

const plan = expand(suites.find(({ id }) => id === 'smoke') as Suite, someRun.seed);
const COUNT = 3;

const parts = new Map(plan.cells.map((cell) => [cell.id, partsOf(cell)]));
const passed = (id: string): CellRecord => ({
  ...(parts.get(id) ?? partsOfId(id)),
  verdict: 'pass',
  reason: '',
  oracles: [],
  metrics: [],
  duration_ms: 1,
  repro: `npx phyrlab repro 'old/${id}'`,
});

/** What shard I of a run of smoke would have written: every cell passes, in one boot. */
function shardOf(
  index: number,
  change: Partial<RunRecord> = {},
  count = COUNT,
): { start: ShardLog['start']; events: RunEvent[] } {
  const { shard, plan: mine, elsewhere } = takeShard(plan, { index, count });
  const run = { ...someRun, id: `shard-${index}`, shard, ...change };
  const at = `2026-11-21T00:0${index}:00.000Z`;
  return {
    start: { type: 'run-start', at, run, cells: mine.cells, pruned: mine.pruned, elsewhere },
    events: [
      { type: 'boot-start', at, boot: 0, machine: 'm', topology: 't', cells: mine.cells.map(({ id }) => id) },
      ...mine.cells.flatMap(({ id }): RunEvent[] => [
        { type: 'cell-start', at, cell: id, boot: 0 },
        { type: 'cell-end', at, record: passed(id) },
      ]),
      { type: 'boot-end', at, boot: 0, reason: 'all its cells are done' },
      { type: 'run-end', at, exitCode: 0, interrupted: false },
    ],
  };
}

function log(index: number, change: Partial<RunRecord> = {}): ShardLog {
  return { ...shardOf(index, change), bytes: 0, folder: `/runs/shard-${index}` };
}

function merge(logs: ShardLog[]) {
  const merged = mergeShards(logs, {
    id: 'merged',
    now: '2026-11-22T00:00:00.000Z',
    repro: (cell, declared) => `${declared ? 'repro' : 'run'} ${cell}`,
  });
  const records = merged.events.flatMap((event) => (event.type === 'cell-end' ? [event.record] : []));
  return { ...merged, records };
}

const ids = (cells: readonly { id: string }[]) => cells.map(({ id }) => id).sort();

describe('the shards of a run', () => {
  it('make the run that they are parts of, in whatever order they come', () => {
    const { start, events, records } = merge([log(3), log(1), log(2)]);
    expect(ids(records)).toEqual(ids(plan.cells));
    expect(ids(start.cells)).toEqual(ids(plan.cells));
    expect(start.run).toMatchObject({ id: 'merged', seed: someRun.seed });
    expect(start.run.shard).toBeUndefined();
    expect(start.elsewhere).toBeUndefined();
    expect(exitCodeOf(records.map(({ verdict }) => verdict))).toBe(0);
    const boots = events.flatMap((event) => (event.type === 'boot-start' ? [event.boot] : []));
    expect(boots).toEqual([0, 1, 2]);
    expect(events.some(({ type }) => type === 'run-end')).toBe(false);
    expect(records[0]?.repro).toBe(`repro ${records[0]?.id}`);
  });

  it('that never came are lost cells, each named', () => {
    const { start, records } = merge([log(1), log(3)]);
    const lost = records.filter(({ verdict }) => verdict === 'lost');
    expect(ids(lost)).toEqual(ids(shardOf(2).start.cells));
    expect(lost.length).toBeGreaterThan(0);
    expect(lost[0]?.reason).toBe('shard 2/3 is missing');
    expect(lost[0]?.repro).toMatch(/^run /);
    expect(start.elsewhere?.map(({ id }) => id).toSorted()).toEqual(ids(lost));
    expect(ids(records)).toEqual(ids(plan.cells));
    expect(exitCodeOf(records.map(({ verdict }) => verdict))).toBe(3);
  });

  it('that died have lost what they had not ended, the cell in flight among it', () => {
    const full = [1, 2, 3].map((index) => log(index)).sort((a, b) => b.start.cells.length - a.start.cells.length);
    const [large, ...others] = full as [ShardLog, ...ShardLog[]];
    const cut = { ...large, events: large.events.slice(0, 4) };
    const { records } = merge([cut, ...others]);
    const lost = records.filter(({ verdict }) => verdict === 'lost');
    expect(ids(lost)).toEqual(ids(large.start.cells.slice(1)));
    expect(lost[0]?.reason).toMatch(/^shard \d\/3 died before this cell's end, at 2026-11-21T00:0\d:00.000Z or later$/);
    expect(ids(records)).toEqual(ids(plan.cells));
  });

  it('that were stopped say so instead of looking like cells that nobody waited for', () => {
    const stopped = log(1);
    const [first] = stopped.start.cells;
    stopped.events = [{ type: 'cell-end', at: '', record: { ...passed(first?.id ?? ''), ...INTERRUPTED } }];
    const { records } = merge([stopped, log(2), log(3)]);
    expect(records[0]?.reason).toBe("shard 1/3 was stopped before this cell's end: interrupted");
  });

  it('bring their evidence, each into a folder of its own', () => {
    const failing = log(2);
    const [cell] = failing.start.cells;
    const record: CellRecord = {
      ...passed(cell?.id ?? ''),
      verdict: 'fail',
      evidence: 'cells/a.1',
      earlier: [{ reason: 'r', duration_ms: 1, evidence: 'cells/a' }],
    };
    failing.events = [{ type: 'cell-end', at: '', record }];
    const { evidence, records } = merge([log(1), failing, log(3)]);
    expect(evidence).toEqual([
      { from: '/runs/shard-2/cells/a.1', to: 'shard-2/cells/a.1' },
      { from: '/runs/shard-2/cells/a', to: 'shard-2/cells/a' },
    ]);
    const moved = records.find(({ verdict }) => verdict === 'fail');
    expect(moved?.evidence).toBe('shard-2/cells/a.1');
    expect(moved?.earlier?.[0]?.evidence).toBe('shard-2/cells/a');
  });

  it.each<[string, Partial<RunRecord>, RegExp]>([
    ['of another seed', { seed: 2 }, /^not shards of one run: seed 1 in \/runs\/shard-1, 2 in \/runs\/shard-2$/],
    ['on another kernel', { kernel: { release: '7.2', key: 'z' } }, /kernel 7\.3.* in .*, 7\.2 \(z\) in/],
    ['with other modules', { modules: { key: 'other' } }, /modules m in .*, other in/],
    ['of other cells', { shard: { index: 2, count: COUNT, plan: 'other' } }, /cells .*\(other\)/],
    ['of another number of shards', { shard: { index: 2, count: 4, plan: 'p' } }, /number of shards 3 in .*, 4 in/],
  ])('%s are refused in one line', (_, change, message) => {
    expect(() => merge([log(1), log(2, change)])).toThrow(message);
  });

  it('may be long: a night has hundreds of thousands of events', () => {
    const long = log(1);
    const step: RunEvent = { type: 'cell-step', at: '', cell: 'a', step: 's' };
    long.events = Array.from({ length: 300_000 }, () => step);
    expect(merge([long, log(2), log(3)]).events.length).toBeGreaterThan(300_000);
  });

  it('that are there twice are refused', () => {
    expect(() => merge([log(1), { ...log(1), folder: '/runs/again' }])).toThrow(
      'shard 1/3 is given twice: /runs/shard-1 and /runs/again',
    );
  });
});

describe('the events of a run', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'phyrlab-events-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  async function written(index: number): Promise<{ run: string; text: string }> {
    const { start, events } = shardOf(index);
    using store = await RunStore.create(folder, `shard-${index}`);
    for (const event of [start, ...events]) store.append(event);
    return { run: store.folder, text: await readFile(join(store.folder, EVENTS), 'utf8') };
  }

  it('are read as they were written', async () => {
    const { run, text } = await written(1);
    expect(await readEvents(run)).toEqual({ ...shardOf(1), bytes: text.length });
    expect(await readStart(run)).toEqual(shardOf(1).start);
  });

  it('are read up to the line in which their writer died, and go on there', async () => {
    const { run, text } = await written(1);
    const lines = text.split('\n');
    const cut = lines.slice(0, 4).join('\n').length + 1;
    await writeFile(join(run, EVENTS), `${text.slice(0, cut + 20)}`);
    const log = await readEvents(run);
    expect(log?.events).toEqual(shardOf(1).events.slice(0, 3));
    expect(log?.bytes).toBe(cut);
    {
      using store = await RunStore.resume(run, log?.bytes ?? 0);
      for (const event of shardOf(1).events.slice(3)) store.append(event);
    }
    expect(await readFile(join(run, EVENTS), 'utf8')).toBe(text);
  });

  it('say what is left to do: what was in flight, or was kept from its end', () => {
    const { start, events } = shardOf(1, {}, 1);
    const [a, b, c] = start.cells.map(({ id }) => id);
    const early: RunEvent[] = [
      ...events.slice(0, 5),
      { type: 'cell-end', at: '', record: { ...passed(c ?? ''), ...INTERRUPTED } },
      { type: 'run-end', at: '', exitCode: 130, interrupted: true },
      { type: 'boot-start', at: '', boot: 7, machine: 'm', topology: 't', cells: [] },
      { type: 'cell-retry', at: '', record: { ...passed('other'), verdict: 'lost' } },
    ];
    const left = whatIsLeft({ start, events: early });
    expect(left.done.map(({ record }) => record.id)).toEqual([a, b]);
    expect(left.cells.map(({ id }) => id)).toEqual(start.cells.slice(2).map(({ id }) => id));
    expect(left.firstBoot).toBe(8);
    expect(whatIsLeft({ start, events }).cells).toEqual([]);
  });

  it('may be none yet', async () => {
    const { run } = await written(1);
    await writeFile(join(run, EVENTS), '{"type":"run-st');
    expect(await readEvents(run)).toBeUndefined();
    expect(await readStart(run)).toBeUndefined();
  });

  it('that are no events are refused with file and line', async () => {
    const { run, text } = await written(1);
    await writeFile(join(run, EVENTS), text.replace('"boot-start"', '"boot-strat"'));
    await expect(readEvents(run)).rejects.toThrow(/events\.jsonl, line 2: not an event/);
    await writeFile(join(run, EVENTS), text.replace('{"type":"boot-start"', '{type'));
    await expect(readEvents(run)).rejects.toThrow(/events\.jsonl, line 2: not JSON/);
  });
});
