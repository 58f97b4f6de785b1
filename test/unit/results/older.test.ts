/** Runs that an older phyrlab made: all that reads a run reads them. */
import { cp, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { knownDefects } from '../../../harness/findings.js';
import { writeReport } from '../../../src/cli/report.js';
import {
  ExitCode,
  type Metric,
  measureName,
  type OracleReport,
  objectionsOf,
  RunResult,
} from '../../../src/model/index.js';
import { withOwnPatterns } from '../../../src/plan/index.js';
import { FORMATS } from '../../../src/report/formats/index.js';
import { causesOf } from '../../../src/report/html/causes.js';
import { benchTables, findingsOf } from '../../../src/report/index.js';
import {
  EVENTS,
  findRecordedCell,
  mergeShards,
  notPassed,
  type RecordedRun,
  readEvents,
  readRun,
} from '../../../src/results/index.js';

const FAILED = 'pmem-no-iommu/switch/pmem-raw/phyr8';
const XFAIL = 'vtd-strict-share/switch/dmabuf-far-pages-sg/phyr8';
const SAID = /^while it booted: warning: acpi\/hmat: failed to reserve/;

describe('a run of schema 2', () => {
  let runs: string;
  let folder: string;
  let recorded: RecordedRun;

  beforeAll(async () => {
    runs = await mkdtemp(join(tmpdir(), 'phyrlab-'));
    folder = join(runs, '20261129-084321-628b');
    await cp(join(import.meta.dirname, 'older', 'schema-2.jsonl'), join(folder, EVENTS));
    recorded = await readRun(folder);
  });
  afterAll(() => rm(runs, { recursive: true }));

  const logOf = (id: string) =>
    recorded.cells.find((cell) => cell.id === id)?.oracles.find(({ name }) => name === 'kernel-log') as OracleReport;

  it('has what was said, without a code', () => {
    expect(objectionsOf(logOf(FAILED))).toMatchObject([{ code: 'unclassified', detail: expect.stringMatching(SAID) }]);
    expect(recorded.cells.map(({ verdict }) => verdict).sort()).toEqual(['caught', 'fail', 'fail', 'xfail']);
  });

  it('has the findings that it had, and the causes', () => {
    const { found } = findingsOf(recorded);
    expect(found.map((one) => [one.known?.id, one.what])).toEqual([
      ['dma-buf-ranges-in-iova', expect.stringContaining('EADDRINUSE')],
    ]);
    expect(causesOf(recorded.cells)).toMatchObject([
      {
        oracle: 'kernel-log',
        finding: expect.stringMatching(SAID),
        cells: [FAILED, 'pmem-vtd-strict/switch/pmem-raw/phyr8'],
      },
    ]);
  });

  it('is reported, merged, and run again with what is known now', async () => {
    expect(await readFile(await writeReport(folder), 'utf8')).toContain('acpi/hmat: failed to reserve');
    const events = await readEvents(folder);
    expect(events).toBeDefined();
    const log = { ...(events as NonNullable<typeof events>), folder };
    const merged = mergeShards([log], { id: 'm', now: '2026-11-29T12:00:00.000Z', repro: (id) => id });
    expect(merged.events.filter((event) => event.type === 'cell-end')).toHaveLength(4);
    const { cell } = await findRecordedCell(runs, XFAIL);
    expect(withOwnPatterns(cell, knownDefects).known).toMatchObject([
      { id: 'dma-buf-ranges-in-iova', code: 'refused-unduly' },
    ]);
    expect((await notPassed(runs))[0]?.failed.map(({ id }) => id)).toContain(FAILED);
  });

  it.each([1, 2])('has a result that machines read, of schema %i', (schema) => {
    const older = recorded.cells.map((cell) => ({
      ...cell,
      // As it was written then.
      oracles: cell.oracles.map(({ name, verdict, detail }) => ({ name, verdict, detail })),
      ...(cell.findings && {
        findings: cell.findings.map(({ oracle, detail, known }) => ({ oracle, what: detail, known })),
      }),
    }));
    const end = { duration_ms: 1, interrupted: false, exit_code: ExitCode.failed };
    const result = RunResult.parse({ schema, run: { ...recorded.run, ...end }, cells: older });
    for (const format of Object.values(FORMATS)) expect(format(result)).toContain('acpi/hmat: failed to reserve');
  });
});

describe('a run of schema 3', () => {
  let runs: string;
  let folder: string;
  let recorded: RecordedRun;
  let older: Record<string, { name: string; value: number }[]>;

  beforeAll(async () => {
    runs = await mkdtemp(join(tmpdir(), 'phyrlab-'));
    folder = join(runs, '20261129-144327-7044');
    const file = join(import.meta.dirname, 'older', 'schema-3.jsonl');
    await cp(file, join(folder, EVENTS));
    recorded = await readRun(folder);
    const lines = (await readFile(file, 'utf8')).trim().split('\n');
    const ends = lines.map((line) => JSON.parse(line)).filter(({ type }) => type === 'cell-end');
    older = Object.fromEntries(ends.map(({ record }) => [record.id, record.metrics]));
  });
  afterAll(() => rm(runs, { recursive: true }));

  it('says of each cell what it is, though its records have the id alone', () => {
    const planted = recorded.cells.find(({ plant }) => plant !== undefined);
    expect(planted).toMatchObject({
      machine: 'vtd-strict',
      topology: 'switch',
      workload: 'fio-verify',
      kind: 'fio-verify',
      backend: 'phyr8',
      plant: 'short-map',
    });
    expect(new Set(recorded.cells.map(({ kind }) => kind))).toEqual(
      new Set(['crosscheck', 'map-cost', 'io-cost', 'fio-verify']),
    );
  });

  it('has its figures by fields, under the same names', () => {
    for (const { id, metrics } of recorded.cells)
      expect(metrics.map((metric) => [measureName(metric), metric.value])).toEqual(
        older[id]?.map(({ name, value }) => [name, value]),
      );
    const figures = recorded.cells.flatMap(({ metrics }) => metrics);
    const of = (wanted: Partial<Metric>) =>
      figures.find((one) => Object.entries(wanted).every(([key, value]) => one[key as keyof Metric] === value));
    expect(of({ layout: '2m', size_kib: 1 << 20, what: 'cost', phase: 'unmap', unit: 'insn' })).toBeDefined();
    expect(of({ op: 'write', size_kib: 128, what: 'cost', phase: 'queue' })).toBeDefined();
    expect(of({ layout: '4k', size_kib: 1024, what: 'IOTLB invalidations' })).toBeDefined();
    expect(of({ what: 'stale window', unit: 'us' })).toBeDefined();
  });

  it('has its tables, costs, report and merge', async () => {
    const tables = benchTables(recorded.cells, { counts: true });
    expect(tables).toContain(`vtd-strict-icount/switch/bench-map: build + map + consume + unmap, instructions`);
    expect(tables.find((line) => line.startsWith('2m 1 GiB'))).toMatch(/^2m 1 GiB +\S+ +\S+$/);
    expect(tables.find((line) => line.startsWith('read 4 KiB'))).toBeDefined();
    expect(await readFile(await writeReport(folder), 'utf8')).toContain('4k 1 MiB map');
    const events = await readEvents(folder);
    const log = { ...(events as NonNullable<typeof events>), folder };
    const merged = mergeShards([log], { id: 'm', now: '2026-11-29T12:00:00.000Z', repro: (id) => id });
    expect(merged.events.filter((event) => event.type === 'cell-end')).toHaveLength(6);
  });
});
