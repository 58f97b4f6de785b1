import { describe, expect, it } from 'vitest';
import { type Ended, outcomeOf } from '../../../../src/workloads/command/outcome.js';

const ended = (changes: Partial<Ended>): Ended => ({
  code: 0,
  late: false,
  endless: false,
  kib: 8,
  output: '',
  ...changes,
});
const judged = (changes: Partial<Ended>, verdict: 'exit' | 'ktap' | 'fio' = 'exit') =>
  outcomeOf(ended(changes), { verdict, deadline: 60, dut: 'disk', movesKiB: 8 });
const codes = ({ report }: ReturnType<typeof outcomeOf>) =>
  report.verdict === 'pass' ? [] : report.objections.map(({ code }) => code);

describe('by its exit code', () => {
  it('0 passes, 4 skips itself as the kernel selftests do, all else fails with its last line', () => {
    expect(judged({}).report.verdict).toBe('pass');
    expect(judged({ code: 4 }).report.verdict).toBe('inconclusive');
    const { report } = judged({ code: 1, output: 'a\nno such device\n' });
    expect(report).toMatchObject({ verdict: 'fail', detail: 'exit code 1; last line: no such device' });
  });

  it('a command that did not use the disk shows nothing', () => {
    expect(codes(judged({ kib: 7.5 }))).toEqual(['disk-unused']);
    expect(judged({ kib: 7.5 }).report.verdict).toBe('inconclusive');
    expect(codes(judged({ kib: 0, code: 1 }))).toEqual(['command-failed']);
    const own = { verdict: 'exit', deadline: 60, movesKiB: 8 } as const;
    expect(outcomeOf(ended({ kib: 0 }), { ...own, dut: 'function' }).report.verdict).toBe('pass');
  });

  it('a command that was killed fails, whatever its exit code says', () => {
    expect(codes(judged({ code: 143, late: true }))).toEqual(['command-late']);
    expect(codes(judged({ code: 0, endless: true }))).toEqual(['command-endless']);
    expect(codes(judged({ late: true, output: 'TAP version 13\n1..1\nok 1 a' }, 'ktap'))).toEqual(['command-late']);
  });
});

describe('by KTAP', () => {
  const REPORT = `KTAP version 1
1..2
  KTAP version 1
  # Subtest: map
  1..2
  ok 1 one
  # leads elsewhere
  not ok 2 two
not ok 1 map
ok 2 rest # SKIP no device
`;
  it('each test has its own result, and what failed is named', () => {
    const outcome = judged({ code: 1, output: REPORT }, 'ktap');
    expect(outcome.subtests).toEqual([
      { name: 'map / one', status: 'pass' },
      { name: 'map / two', status: 'fail', detail: 'leads elsewhere' },
      { name: 'rest', status: 'skip', detail: 'no device' },
    ]);
    expect(outcome.report).toMatchObject({
      verdict: 'fail',
      objections: [{ code: 'subtest-failed', detail: 'map / two: leads elsewhere', where: { case: 'map / two' } }],
    });
  });

  it('an output that is cut, or holds none, is no pass', () => {
    expect(codes(judged({ output: 'TAP version 13\n1..2\nok 1 a' }, 'ktap'))).toEqual(['answer-unexpected']);
    expect(codes(judged({ output: 'all is well' }, 'ktap'))).toEqual(['answer-unexpected']);
  });

  it('where no test ran, nothing was seen', () => {
    expect(judged({ output: 'TAP version 13\n1..1\nok 1 a # SKIP why' }, 'ktap').report.verdict).toBe('inconclusive');
  });

  it('an exit code that no test accounts for is a failure', () => {
    expect(codes(judged({ code: 139, output: 'TAP version 13\n1..1\nok 1 a' }, 'ktap'))).toEqual(['command-failed']);
  });
});

describe('by the JSON of fio', () => {
  const json = (error: number) =>
    `fio: a note\n${JSON.stringify({ jobs: [{ jobname: 'small', error }] }, null, 1)}\nfio: another\n`;
  it('each job is a test', () => {
    expect(judged({ output: json(0) }, 'fio')).toMatchObject({
      report: { verdict: 'pass' },
      subtests: [{ name: 'small', status: 'pass' }],
    });
    expect(codes(judged({ code: 1, output: json(84) }, 'fio'))).toEqual(['io-failed']);
    expect(codes(judged({ code: 1, output: json(0) }, 'fio'))).toEqual(['command-failed']);
  });
  it('without it there is nothing to go by', () => {
    expect(codes(judged({ output: 'small: (g=0): rw=write' }, 'fio'))).toEqual(['answer-unexpected']);
    expect(codes(judged({ output: '{\n"jobs": 7\n}' }, 'fio'))).toEqual(['answer-unexpected']);
  });
});
