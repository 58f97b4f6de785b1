import { describe, expect, it } from 'vitest';
import { parseKtap } from '../../../src/guest/index.js';
import { type CellRecord, measureOfName, partsOfId } from '../../../src/model/index.js';
import { annotations, FORMATS, summary } from '../../../src/report/index.js';
import { cellRecord, reportOf, resultOf } from '../run-result.js';
import { Kcidb } from './kcidb-schema.js';

/** What a guest may put into a log. */
const HOSTILE = 'a]]> <script>&"\'|`\u0000\u001b[31m\n::error::gotcha %0A\n| x | \ud800 ok 7';

function record(changes: Partial<CellRecord>): CellRecord {
  return {
    ...partsOfId(changes.id ?? 'vtd-strict/switch/crosscheck/phyr8'),
    verdict: 'pass',
    reason: '',
    oracles: [{ name: 'data', verdict: 'pass', detail: '' }],
    metrics: [{ ...measureOfName('map'), unit: 'insn', value: 5, better: 'lower' }],
    duration_ms: 1234,
    repro: "npx phyrlab run 'x' --seed 1",
    ...changes,
  };
}

const result = resultOf([
  record({}),
  record({
    id: 'vtd-strict/switch/crosscheck/sg!short-map',
    verdict: 'fail',
    reason: HOSTILE,
    oracles: [reportOf('kernel-log', 'fail', HOSTILE)],
  }),
  record({ id: 'a/b/c/iter', verdict: 'lost', reason: 'the guest never became ready', oracles: [] }),
  record({
    id: 'a/b/c/iova',
    verdict: 'inconclusive',
    reason: 'x',
    oracles: [reportOf('faults', 'inconclusive', 'trace was off')],
  }),
  record({ id: 'a/b/c/phyr16', verdict: 'skip', reason: 'not modelled: why' }),
  record({
    id: 'a/b/d/sg',
    verdict: 'xfail',
    reason: 'known defect no-mmio: maps BARs as RAM',
    findings: [{ oracle: 'device', code: 'bar-mapped-as-ram', detail: 'a BAR as RAM', known: 'no-mmio' }],
  }),
  record({
    id: 'a/b/c/phyr8!skip-unmap',
    verdict: 'caught',
    reason: 'planted defect caught by leaks',
    oracles: [reportOf('leaks', 'fail', '4096 bytes left')],
  }),
]);

describe('JUnit', () => {
  const xml = FORMATS.junit(result);
  it('counts, and tells failures from errors', () => {
    expect(xml).toContain('tests="7" failures="1" errors="2" skipped="2" time="5.000"');
    expect(xml).toContain('<testcase classname="vtd-strict.switch" name="crosscheck/phyr8" time="1.234"/>');
    expect(xml.match(/<failure type="fail"/g)).toHaveLength(1);
    expect(xml.match(/<error type="lost"/g)).toHaveLength(1);
    expect(xml.match(/<error type="inconclusive"/g)).toHaveLength(1);
    expect(xml).toContain('><system-out>planted defect caught by leaks</system-out></testcase>');
    expect(xml).toContain('<skipped message="not modelled: why"/>');
  });

  it('holds what a guest said as text', () => {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they must not be there
    expect(xml).not.toMatch(/[\u0000-\u0008\u001b\ud800]/);
    expect(xml).not.toContain('<script>');
    // Every < begins an element or the declaration that this format has, and every & a reference by number.
    expect(
      xml.match(/<\/?(\?xml|testsuites|testsuite|properties|property|testcase|failure|error|skipped|system-out)\b/g),
    ).toHaveLength(xml.match(/</g)?.length ?? 0);
    expect(xml.match(/&#\d+;/g)).toHaveLength(xml.match(/&/g)?.length ?? 0);
  });
});

it('KTAP is what our own parser reads, with nothing that is not right called ok', () => {
  const report = parseKtap(FORMATS.ktap(result));
  expect(report.problems).toEqual([]);
  expect(report.tests.map(({ status }) => status)).toEqual(['pass', 'fail', 'fail', 'fail', 'skip', 'pass', 'pass']);
  expect(FORMATS.ktap(result)).toContain('# planted defect caught by leaks\nok 7 ');
  expect(report.tests[1]?.diagnostics.join('\n')).toContain('reproduce: npx phyrlab');
});

describe('tests inside a cell', () => {
  const inside = resultOf([
    record({
      id: 'a/b/mine/nvme',
      verdict: 'fail',
      reason: 'workload: two',
      subtests: [
        { name: 'one', status: 'pass' },
        { name: 'two', status: 'fail', detail: HOSTILE },
        { name: 'three', status: 'skip', detail: 'no device' },
        { name: 'four', status: 'todo', detail: 'known' },
      ],
    }),
    record({}),
  ]);
  it('are cases of their own in JUnit', () => {
    const xml = FORMATS.junit(inside);
    expect(xml).toContain('tests="6" failures="2" errors="0" skipped="2"');
    expect(xml).toContain('<testcase classname="a.b.mine/nvme" name="one"/>');
    expect(xml).toContain('name="two"><failure type="fail" message="a]]&#62;');
    expect(xml).toContain('name="three"><skipped message="no device"/></testcase>');
  });
  it('are subtests in KTAP', () => {
    const report = parseKtap(FORMATS.ktap(inside));
    expect(report.problems).toEqual([]);
    expect(report.tests.map(({ name, status }) => [name, status])).toEqual([
      ['a/b/mine/nvme', 'fail'],
      ['vtd-strict/switch/crosscheck/phyr8', 'pass'],
    ]);
    expect(report.tests[0]?.subtests.map(({ name, status }) => [name, status])).toEqual([
      ['one', 'pass'],
      ['two', 'fail'],
      ['three', 'skip'],
      ['four', 'todo'],
    ]);
  });
});

describe('GitHub', () => {
  it('annotates what did not pass, each in one line', () => {
    const lines = annotations(result);
    expect(lines).toHaveLength(3);
    expect(lines.join('').split('\n')).toHaveLength(1);
    expect(lines[0]).toMatch(
      /^::error title=fail%3A vtd-strict\/switch\/crosscheck\/sg!short-map::a\]\]> .*%0Akernel-log: /,
    );
    expect(lines[1]).toMatch(/^::warning /);
  });

  it('says that there are more than it shows', () => {
    const many = annotations(
      resultOf(Array.from({ length: 25 }, (_, i) => record({ id: `a/b/c/${i}`, verdict: 'fail' }))),
    );
    expect(many).toHaveLength(11);
    expect(many.at(-1)).toContain('15 more cells');
  });

  it('a summary is a table in which a guest writes nothing of its own', () => {
    const text = summary(result);
    expect(text).toContain('## phyrlab: 1 fail, 1 lost, 1 inconclusive, 1 skip, 1 xfail, 1 caught, 1 pass');
    const rows = text.split('\n').filter((line) => line.startsWith('| '));
    expect(rows).toHaveLength(5);
    for (const line of rows) expect(line.match(/\|/g)).toHaveLength(4);
    expect(text).not.toContain('<script>');
  });
});

it('every format tells of attempts that were lost, also when the cell passed in the end', () => {
  const retried = resultOf([record({ earlier: [{ reason: HOSTILE, duration_ms: 1 }] })]);
  for (const format of ['junit', 'ktap', 'json'] as const) expect(FORMATS[format](retried)).toContain('gotcha');
  expect(parseKtap(FORMATS.ktap(retried)).tests.map(({ status }) => status)).toEqual(['pass']);
  expect(FORMATS.junit(retried)).toContain('<system-out>attempt 1 was lost: a]]&#62;');
  expect(summary(retried)).toContain('| pass | vtd-strict/switch/crosscheck/phyr8 | attempt 1 was lost: ');
  expect(JSON.parse(FORMATS.kcidb(retried)).tests[0].misc.earlier).toHaveLength(1);
});

describe('KCIDB', () => {
  const submitted = JSON.parse(FORMATS.kcidb(result));

  it('has a status for every verdict', () => {
    const tests = submitted.tests as { status: string; path: string }[];
    expect(tests.map(({ status }) => status)).toEqual(['PASS', 'FAIL', 'MISS', 'ERROR', 'SKIP', 'FAIL', 'PASS']);
    expect(tests[1]?.path).toBe('phyrlab.vtd-strict.switch.crosscheck.sg.short-map');
  });

  it('gives each test its own time, and none to what never began', () => {
    const started = '2026-11-21T00:00:07.000Z';
    const [own, none] = JSON.parse(
      FORMATS.kcidb(resultOf([cellRecord({ started }), cellRecord({ id: 'a/b/c/sg' })])),
    ).tests;
    expect(own).toMatchObject({ start_time: started, duration: 1.234 });
    expect([none.start_time, none.duration]).toEqual([undefined, undefined]);
  });

  it('says of a known failure which issue of the code it is', () => {
    expect(submitted.issues).toMatchObject([{ id: 'phyrlab:no-mmio', culprit: { code: true } }]);
    expect(submitted.incidents).toMatchObject([{ issue_id: 'phyrlab:no-mmio', test_id: submitted.tests[5].id }]);
  });

  it('is what schema 5.3 asks for', () => {
    expect(Kcidb.safeParse(submitted).error?.issues ?? []).toEqual([]);
    expect(Kcidb.safeParse({ ...submitted, tests: [{ ...submitted.tests[0], status: 'FINE' }] }).success).toBe(false);
  });
});
