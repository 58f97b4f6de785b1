/**
 * Parser for KTAP, the kernel's test output (Documentation/dev-tools/ktap.rst). Pure. It never throws: `problems` lists
 * everything that makes the report incomplete, so that an interrupted run cannot look like a pass.
 */

export interface KtapTest {
  number: number;
  name: string;
  /** `todo`: failed as expected (TODO, XFAIL). */
  status: 'pass' | 'fail' | 'skip' | 'todo';
  /** The text after the directive. */
  reason: string;
  /** `#` lines and other output of this test. */
  diagnostics: string[];
  subtests: KtapTest[];
}

export interface KtapReport {
  tests: KtapTest[];
  /** What is missing or out of order; empty if the report is complete. */
  problems: string[];
  /** There is no problem, and every test passed, was skipped, or failed as expected. */
  passed: boolean;
}

interface Level {
  name: string;
  planned: number | undefined;
  tests: KtapTest[];
  diagnostics: string[];
  /** Results of the nested level, until its own result line comes. */
  finished: KtapTest[] | undefined;
}

const VERSION = /^K?TAP version \d+$/;
const SUBTEST = /^# Subtest: *(.*)$/;
const PLAN = /^1\.\.(\d+)(?:\s+#.*)?$/;
const RESULT = /^(not )?ok\b\s*(\d+)?(?:\s+-)?\s*(.*)$/;
const DIRECTIVE = /(?:^|\s)#\s*(SKIP|TODO|XFAIL|TIMEOUT|ERROR)\b:?\s*(.*)$/i;
const BAIL_OUT = /^Bail out!\s*(.*)$/;
/** Timestamp of the kernel log, and a log level that a serial console may print before it. */
const LOG_PREFIX = /^(?:<\d+>)?\[\s*\d+\.\d+\](?:\[[^\]]*\])? ?/;
const INDENT = 2;

export function parseKtap(text: string | readonly string[]): KtapReport {
  const problems: string[] = [];
  const levels: Level[] = [newLevel('the report')];
  const current = () => levels.at(-1) as Level;
  let seen = false;

  const close = (): void => {
    const level = levels.pop() as Level;
    checkPlan(level, problems);
    current().finished = level.tests;
    current().diagnostics.push(...level.diagnostics);
  };

  const lines = typeof text === 'string' ? text.split('\n') : text;
  for (const raw of lines) {
    const line = raw.replace(LOG_PREFIX, '').trimEnd();
    const body = line.trimStart();
    if (body === '') continue;

    const bail = BAIL_OUT.exec(body);
    if (bail) {
      problems.push(`bailed out: ${bail[1] || 'no reason given'}`);
      break;
    }
    const [subtest, plan, result] = [SUBTEST.exec(body), PLAN.exec(body), RESULT.exec(body)];
    if (!VERSION.test(body) && !subtest && !plan && !result) {
      current().diagnostics.push(body.replace(/^# ?/, ''));
      continue;
    }

    seen = true;
    const depth = Math.floor((line.length - body.length) / INDENT);
    while (levels.length - 1 > depth) close();
    while (levels.length - 1 < depth) levels.push(newLevel(`a subtest of ${current().name}`));
    const level = current();
    if (subtest) level.name = `'${subtest[1]}'`;
    if (plan) {
      if (level.planned !== undefined) problems.push(`${level.name} has two plans`);
      level.planned = Number(plan[1]);
    }
    if (result) addResult(level, result, problems);
  }

  while (levels.length > 1) {
    problems.push(`${current().name} has no result line`);
    close();
  }
  if (!seen) problems.push('no KTAP output');
  else checkPlan(current(), problems);
  const tests = [...current().tests];
  // Keep the results below a test that never reported its own.
  if (current().finished) tests.push(unreported(tests.length + 1, current().finished ?? []));
  return { tests, problems, passed: problems.length === 0 && tests.every((test) => test.status !== 'fail') };
}

function addResult(level: Level, [, not, number, rest]: RegExpExecArray, problems: string[]): void {
  const directive = DIRECTIVE.exec(rest ?? '');
  const name = (directive ? (rest ?? '').slice(0, directive.index) : (rest ?? '')).trim();
  const expected = level.tests.length + 1;
  if (number !== undefined && Number(number) !== expected)
    problems.push(`${level.name}: result ${number} ('${name}'), expected result ${expected}`);
  level.tests.push({
    number: Number(number ?? expected),
    name,
    status: statusOf(not !== undefined, directive?.[1]?.toUpperCase()),
    reason: directive?.[2] ?? '',
    diagnostics: level.diagnostics,
    subtests: level.finished ?? [],
  });
  level.diagnostics = [];
  level.finished = undefined;
}

function statusOf(failed: boolean, directive: string | undefined): KtapTest['status'] {
  switch (directive) {
    case 'SKIP':
      return 'skip';
    case 'TODO':
    case 'XFAIL':
      return failed ? 'todo' : 'pass';
    case 'TIMEOUT':
    case 'ERROR':
      return 'fail';
    default:
      return failed ? 'fail' : 'pass';
  }
}

function checkPlan({ name, planned, tests }: Level, problems: string[]): void {
  if (planned === undefined) problems.push(`${name} has no plan`);
  else if (tests.length !== planned) problems.push(`${name}: ${tests.length} of ${planned} tests reported`);
}

function unreported(number: number, subtests: KtapTest[]): KtapTest {
  return { number, name: '(not reported)', status: 'fail', reason: '', diagnostics: [], subtests };
}

function newLevel(name: string): Level {
  return { name, planned: undefined, tests: [], diagnostics: [], finished: undefined };
}
