/**
 * JUnit XML for CI systems: a run is a suite, a cell is a case, and so is each test inside a cell. Lost and inconclusive cells are errors, not
 * failures. Expected failures are skipped, as is usual in JUnit.
 */
import { type CellRecord, harmless, type RunResult, type Subtest } from '../../model/index.js';
import { attemptsOf, storyOf } from './text.js';

export function junit({ run, cells }: RunResult): string {
  const count = (...verdicts: string[]) => cells.filter(({ verdict }) => verdicts.includes(verdict)).length;
  const subtests = cells.flatMap((cell) => cell.subtests ?? []);
  const countSubtests = (...statuses: Subtest['status'][]) =>
    subtests.filter(({ status }) => statuses.includes(status)).length;
  const totals = attributes({
    tests: cells.length + subtests.length,
    failures: count('fail') + countSubtests('fail'),
    errors: count('lost', 'inconclusive'),
    skipped: count('skip', 'xfail') + countSubtests('skip', 'todo'),
    time: seconds(run.duration_ms),
  });
  const properties = {
    kernel: run.kernel.release,
    qemu: run.qemu.version,
    seed: run.seed,
    accelerator: run.host.accelerator,
  };
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="phyrlab" ${totals}>`,
    `  <testsuite name="${xml(run.id)}" timestamp="${xml(run.started)}" ${totals}>`,
    '    <properties>',
    ...Object.entries(properties).map(([name, value]) => `      <property ${attributes({ name, value })}/>`),
    '    </properties>',
    ...cells.flatMap((cell) => [testCase(cell), ...subtestCases(cell)]),
    '  </testsuite>',
    '</testsuites>',
    '',
  ].join('\n');
}

function testCase(record: CellRecord): string {
  const { machine, topology, workload, backend, plant } = record;
  const place = attributes({
    classname: `${machine}.${topology}`,
    name: `${workload}/${backend}${plant === undefined ? '' : `!${plant}`}`,
    time: seconds(record.duration_ms),
  });
  const attempts = attemptsOf(record);
  if (record.verdict === 'pass' || record.verdict === 'caught') {
    const said = [...attempts, record.reason].filter((line) => line !== '');
    return said.length === 0
      ? `    <testcase ${place}/>`
      : `    <testcase ${place}><system-out>${xml(said.join('\n'))}</system-out></testcase>`;
  }
  return `    <testcase ${place}>${outcome(record)}</testcase>`;
}

function subtestCases({ machine, topology, workload, backend, subtests = [] }: CellRecord): string[] {
  const classname = `${machine}.${topology}.${workload}/${backend}`;
  return subtests.map(({ name, status, detail = '' }) => {
    const place = attributes({ classname, name });
    if (status === 'pass') return `    <testcase ${place}/>`;
    const message = attributes({ message: detail });
    return `    <testcase ${place}><${status === 'fail' ? 'failure type="fail"' : 'skipped'} ${message}/></testcase>`;
  });
}

function outcome(record: CellRecord): string {
  const message = attributes({ message: record.reason });
  if (record.verdict === 'skip' || record.verdict === 'xfail') return `<skipped ${message}/>`;
  const element = record.verdict === 'fail' ? 'failure' : 'error';
  return `<${element} ${attributes({ type: record.verdict })} ${message}>${xml(storyOf(record).join('\n'))}</${element}>`;
}

function seconds(ms: number): string {
  return (ms / 1000).toFixed(3);
}

function attributes(values: Record<string, string | number>): string {
  return Object.entries(values)
    .map(([name, value]) => `${name}="${xml(String(value))}"`)
    .join(' ');
}

/** XML 1.0 cannot represent most control characters, so they are written as escapes. */
function xml(text: string): string {
  return harmless(text).replace(/[&<>"\n\t]/g, (c) => `&#${c.charCodeAt(0)};`);
}
