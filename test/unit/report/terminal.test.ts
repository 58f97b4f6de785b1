import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { type CellRecord, measureOfName, partsOfId } from '../../../src/model/index.js';
import { StatusLine, styleFor, TerminalReport } from '../../../src/report/index.js';
import type { RunEvent } from '../../../src/workloads/index.js';
import { INTERRUPTED, reportOf, someRun } from '../run-result.js';

const record = (change: Partial<CellRecord>): CellRecord => ({
  ...partsOfId(change.id ?? 'vtd-strict/switch/fio-verify/phyr8'),
  verdict: 'pass',
  reason: '',
  oracles: [
    { name: 'workload', verdict: 'pass', detail: '' },
    { name: 'data', verdict: 'pass', detail: '1 MiB as due' },
  ],
  metrics: [{ ...measureOfName('map'), unit: 'insn', value: 236959, better: 'lower' }],
  duration_ms: 2345,
  repro: "npx phyrlab run 'vtd-strict/switch/fio-verify/phyr8' --seed 1",
  ...change,
});

const start = { type: 'run-start', at: '', run: someRun, cells: [], pruned: [] } satisfies RunEvent;

function shown(records: CellRecord[], tty = false): string {
  const stream = Object.assign(new PassThrough(), { isTTY: tty, columns: 80 }) as unknown as NodeJS.WriteStream;
  const report = new TerminalReport(new StatusLine(stream), styleFor(stream, {}));
  report.consume(start);
  for (const record of records) report.consume({ type: 'cell-end', at: '', record });
  report.totals(records, 60_000, '/runs/r');
  return String(stream.read());
}

describe('the table', () => {
  it('is plain without a terminal: a row a cell, the totals at the end', () => {
    const text = shown([record({})]);
    expect(text).not.toContain('\x1b');
    expect(text).toMatch(/^pass .*phyr8 +ok +ok +- +- +- +- +- +2\.3 s +map 236,959 insn$/m);
    expect(text).toMatch(/1 passed, 0 failed in 60\.0 s; evidence in \/runs\/r\n$/);
  });

  it('says below a failure what each oracle said, and how to reproduce it', () => {
    const text = shown([
      record({
        verdict: 'fail',
        reason: 'r',
        oracles: [
          reportOf('data', 'fail', '2 of 8 sectors differ'),
          reportOf('faults', 'inconclusive', 'trace was off'),
          reportOf('leaks', 'pass', 'all back'),
        ],
      }),
    ]);
    expect(text).toMatch(
      /data: 2 of 8 sectors differ\n +faults \(could not look\): trace was off\n +reproduce: npx phyrlab run/,
    );
    expect(text).not.toContain('all back');
  });

  it('does not call a cell passed whose planted defect was seen', () => {
    const text = shown([
      record({}),
      record({
        verdict: 'caught',
        reason: 'planted defect caught by data',
        oracles: [reportOf('data', 'fail', 'differs')],
      }),
    ]);
    expect(text).toMatch(/^caught +\S+ .*FAIL.*\n +planted defect caught by data\n\n/m);
    expect(text).toContain('1 passed, 1 caught, 0 failed');
    expect(text).not.toContain('reproduce');
  });

  it('shows why a cell was lost or skipped', () => {
    const text = shown([
      record({ verdict: 'lost', reason: 'QEMU ended with SIGKILL', oracles: [] }),
      record({ verdict: 'skip', reason: 'not modelled' }),
    ]);
    expect(text).toContain('QEMU ended with SIGKILL');
    expect(text).toContain('0 passed, 0 failed, 1 lost, 1 skipped');
    expect(text).toMatch(/^skip +\S+\n +not modelled$/m);
  });

  it('counts the cells that were interrupted, without a row for each', () => {
    const text = shown([record({ ...INTERRUPTED, oracles: [] })]);
    expect(text).not.toMatch(/^lost/m);
    expect(text).toContain('1 lost');
    expect(text).toContain('1 cell did not finish: interrupted');
  });

  it('shows every attempt, also of a cell that passed in the end', () => {
    const text = shown([record({ earlier: [{ reason: 'SSH broke', duration_ms: 1 }] })]);
    expect(text).toMatch(/^pass .*\n +attempt 1 was lost: SSH broke$/m);
  });

  it('has colours on a terminal only, and not against NO_COLOR', () => {
    expect(shown([record({})], true)).toContain('\x1b[32m');
    const stream = { isTTY: true } as NodeJS.WriteStream;
    expect(styleFor(stream, { NO_COLOR: '1' }).good('x')).toBe('x');
  });
});
