import { describe, expect, it } from 'vitest';
import { parseKtap } from '../../../src/guest/index.js';

const nested = `KTAP version 1
1..2
  KTAP version 1
  # Subtest: lists
  1..2
  ok 1 append
  # split 3 chunks
  not ok 2 slice
# lists: pass:1 fail:1
not ok 1 lists
ok 2 maps # SKIP no IOMMU`;

describe('parseKtap', () => {
  it('reads nested tests with their diagnostics', () => {
    const report = parseKtap(nested);
    expect(report.problems).toEqual([]);
    expect(report.passed).toBe(false);
    expect(report.tests.map(({ name, status, reason }) => [name, status, reason])).toEqual([
      ['lists', 'fail', ''],
      ['maps', 'skip', 'no IOMMU'],
    ]);
    const [append, slice] = report.tests[0]?.subtests ?? [];
    expect([append?.status, slice?.status, slice?.diagnostics]).toEqual(['pass', 'fail', ['split 3 chunks']]);
  });

  it('reads the same through a kernel log', () => {
    const log = nested.split('\n').map((line, i) => `[   12.${100 + i}] ${line}\r`);
    expect(parseKtap(log)).toEqual(parseKtap(nested));
  });

  it('passes what passed, was skipped or failed as expected', () => {
    expect(parseKtap('TAP version 14\n1..4\nok 1 - a\nok 2 b # skip later\nnot ok 3 c # TODO known\nok 4').passed).toBe(
      true,
    );
    expect(parseKtap('KTAP version 1\n1..0 # SKIP nothing to do').passed).toBe(true);
  });

  it.each([
    ['KTAP version 1\n1..2\nok 1 a', 'the report: 1 of 2 tests reported'],
    ['KTAP version 1\nok 1 a', 'the report has no plan'],
    ['KTAP version 1\n1..1\n1..2\nok 1 a\nok 2 b', 'the report has two plans'],
    ['KTAP version 1\n1..2\nok 1 a\nok 3 c', "the report: result 3 ('c'), expected result 2"],
    ['KTAP version 1\n1..2\nok 1 a\nBail out! no device\nok 2 b', 'bailed out: no device'],
    ['', 'no KTAP output'],
    ['sh: phyr_kunit: not found', 'no KTAP output'],
    ['KTAP version 1\n1..1\n  # Subtest: lists\n  1..2\n  ok 1 append', "'lists' has no result line"],
  ])('is incomplete: %j', (text, problem) => {
    const report = parseKtap(text);
    expect(report.problems).toContain(problem);
    expect(report.passed).toBe(false);
  });

  it('counts a timeout as a failure and keeps what ran below a test that never reported', () => {
    expect(parseKtap('KTAP version 1\n1..1\nok 1 a # TIMEOUT 45 s').tests[0]?.status).toBe('fail');
    const [cut] = parseKtap('KTAP version 1\n1..1\n  KTAP version 1\n  1..2\n  ok 1 append').tests;
    expect([cut?.status, cut?.subtests[0]?.name]).toEqual(['fail', 'append']);
  });
});
