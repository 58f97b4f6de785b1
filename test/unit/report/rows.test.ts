import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import {
  type CellRecord,
  measureOfName,
  type OracleName,
  OracleName as OracleNames,
} from '../../../src/model/index.js';
import { StatusLine, styleFor, TerminalReport } from '../../../src/report/index.js';
import type { RunEvent } from '../../../src/workloads/index.js';
import { cellRecord, reportOf, someRun } from '../run-result.js';

const WIDTHS = [40, 60, 80, 100, 160];
const oracles = (bad: Partial<Record<OracleName, 'fail' | 'inconclusive'>> = {}): CellRecord['oracles'] =>
  OracleNames.options
    .filter((name) => name !== 'device')
    .map((name) => reportOf(name, bad[name] ?? 'pass', `what ${name} has to say of it, at some length`));
const metric = (name: string, value: number, unit: string) => ({
  ...measureOfName(name),
  unit,
  value,
  better: 'neither' as const,
});
const metrics = [
  metric('verified', 1552, 'I/Os'),
  metric('fio', 193, 'ms emulated'),
  metric('mapped', 1679, 'requests'),
  metric('pieces', 1679, ''),
  metric('metadata', 474_400, 'B'),
];
const record = (changes: Partial<CellRecord>) =>
  cellRecord({
    id: 'vtd-strict/switch/fio-verify/phyr8',
    oracles: oracles(),
    metrics,
    duration_ms: 2500,
    repro: "/home/somebody/phyrlab/src/cli/phyrlab.mjs repro '20261121-054114-ed3b/vtd-strict/switch/fio-verify/phyr8'",
    ...changes,
  });
const caught = {
  workload: 'fail',
  data: 'fail',
  translation: 'fail',
  faults: 'inconclusive',
  'kernel-log': 'fail',
} as const;
const RECORDS = [
  record({}),
  record({
    id: 'vtd-strict/switch/fio-verify/phyr8!short-map',
    verdict: 'caught',
    reason: 'planted defect caught by workload, data, translation, kernel-log; faults could not look',
    oracles: oracles(caught),
  }),
  record({
    id: 'vtd-strict-reserved/switch/dmabuf-list-apart/phyr8!swap-ranges',
    verdict: 'fail',
    reason: 'r',
    oracles: oracles({ data: 'fail' }),
    evidence: 'cells/vtd-strict-reserved.switch.dmabuf-list-apart',
  }),
  record({ id: 'no-iommu/switch/fio/sg', verdict: 'inconclusive', oracles: oracles({ leaks: 'inconclusive' }) }),
  record({
    id: 'no-iommu/switch/p2p/sg',
    verdict: 'skip',
    reason: 'not modelled: both are below a switch and no port redirects',
  }),
  record({
    id: 'no-iommu/switch/p2p/iter',
    verdict: 'lost',
    reason: 'QEMU ended with SIGKILL before its guest was ready',
    oracles: [],
  }),
];

interface Terminal {
  stream: NodeJS.WriteStream & { columns: number };
  report: TerminalReport;
  lines: () => string[];
}

function terminal(columns: number, records = RECORDS): Terminal {
  const through = Object.assign(new PassThrough(), { isTTY: true, columns });
  const stream = through as unknown as Terminal['stream'];
  const status = new StatusLine(stream);
  const report = new TerminalReport(status, styleFor(stream, { NO_COLOR: '1' }));
  const cells = records.map(({ id }) => ({ id })) as never;
  report.consume({ type: 'run-start', at: '', run: someRun, cells, pruned: [] });
  const lines = () => {
    status.clear();
    // What stays: the status overwrites itself.
    return String(through.read() ?? '')
      .split('\n')
      .map((line) => line.slice(line.lastIndexOf('\r\x1b[K') < 0 ? 0 : line.lastIndexOf('\r\x1b[K') + 4));
  };
  return { stream, report, lines };
}

const end = (one: CellRecord): RunEvent => ({ type: 'cell-end', at: '', record: one });

function shown(columns: number, records = RECORDS): string[] {
  const { report, lines } = terminal(columns, records);
  for (const one of records) report.consume(end(one));
  report.consume({ type: 'cell-retry', at: '', record: record({ verdict: 'lost', reason: 'SSH broke '.repeat(12) }) });
  report.consume({ type: 'notice', at: '', level: 'warning', text: 'the kernel warned while it booted '.repeat(5) });
  report.consume({ type: 'run-end', at: '', exitCode: 1, interrupted: false });
  report.totals(records, 61_500, '/home/somebody/.local/state/phyrlab/runs/20261121-054114-ed3b');
  return lines();
}

describe.each(WIDTHS)('the table in %i columns', (width) => {
  const lines = shown(width);

  it('does not wrap, but for a word that is longer than a line', () => {
    const long = lines.filter((line) => line.length > width);
    for (const line of long) expect(line.trim().replace(/ \\$/, '')).toMatch(/^\S+$/);
    if (width >= 80) expect(long).toEqual([]);
  });

  it('has every cell with its whole id, its verdict and its time', () => {
    const text = lines.join('\n');
    for (const { id, verdict } of RECORDS)
      expect(text).toMatch(new RegExp(`^${verdict}\\b[^\\n]*\\s+${id}( |\n|$)`, 'm'));
    expect(text.match(/ 2\.5 s( |\n|$)/g)).toHaveLength(RECORDS.length - 1);
  });

  it('names each oracle that objected', () => {
    const from = lines.findIndex((line) => line.startsWith('caught'));
    const to = lines.findIndex((line) => line.startsWith('fail'));
    const said = lines.slice(from, to).join(' ').replace(/\s+/g, ' ');
    for (const name of Object.keys(caught)) expect(said).toContain(name);
  });
});

describe('where there is room', () => {
  const line = (width: number, start: string, records = RECORDS) =>
    shown(width, records).find((one) => one.startsWith(start)) ?? '';
  const short = [
    record({ id: 'no-iommu/switch/fio/sg' }),
    record({
      id: 'no-iommu/switch/fio/iter',
      verdict: 'fail',
      oracles: oracles({ data: 'fail', leaks: 'inconclusive' }),
    }),
  ];

  it('those that objected have a column', () => {
    expect(line(80, 'verdict', short)).toMatch(/^verdict +cell +time {2}objected$/);
    expect(line(80, 'fail', short)).toMatch(/iter +2\.5 s {2}data leaks\?$/);
    expect(line(80, 'pass', short)).toMatch(/sg +2\.5 s$/);
  });

  it('each oracle has one', () => {
    expect(line(100, 'verdict', short)).toMatch(/work data transl device faults leaks klog +time$/);
    expect(line(100, 'fail', short)).toMatch(/ok +FAIL ok +- +ok +\? +ok +2\.5 s$/);
  });

  it('costs follow, whole figures, and how many have none', () => {
    expect(line(160, 'verdict')).toMatch(/klog +time {2}cost$/);
    expect(line(160, 'pass')).toMatch(/ 2\.5 s {2}verified 1,552 I\/Os, \+4$/);
    expect(line(160, 'pass', short)).toMatch(
      / 2\.5 s {2}verified 1,552 I\/Os, fio 193 ms emulated, mapped 1,679 requests, \+2$/,
    );
    expect(line(240, 'pass', short)).toMatch(/, metadata 474,400 B$/);
  });
});

it('a terminal that changes gets a heading of its columns', () => {
  const { stream, report, lines } = terminal(160);
  report.consume(end(RECORDS[0] as CellRecord));
  stream.columns = 80;
  report.consume(end(RECORDS[0] as CellRecord));
  report.consume(end(RECORDS[0] as CellRecord));
  const heads = lines().flatMap((line, at) => (line.startsWith('verdict') ? [{ at, length: line.length }] : []));
  expect(heads).toHaveLength(2);
  expect(heads[1]?.length).toBeLessThanOrEqual(80);
});
