/** KTAP (Documentation/dev-tools/ktap.rst): one test per cell, with the tests inside it as subtests. Lost and inconclusive cells are `not ok`, too. */
import { type CellRecord, isGood, oneLine, type RunResult } from '../../model/index.js';
import { attemptsOf, storyOf } from './text.js';

export function ktap({ run, cells }: RunResult): string {
  const lines = cells.flatMap((record, index) => [...subtestLines(record), ...resultLines(record, index)]);
  const header = `# ${oneLine(`phyrlab ${run.id}: Linux ${run.kernel.release}, QEMU ${run.qemu.version}, seed ${run.seed}`)}`;
  return ['KTAP version 1', header, `1..${cells.length}`, ...lines, ''].join('\n');
}

function resultLines(record: CellRecord, index: number): string[] {
  const result = `${isGood(record.verdict) || record.verdict === 'skip' ? 'ok' : 'not ok'} ${index + 1} ${oneLine(record.id)}`;
  if (record.verdict === 'pass' || record.verdict === 'caught')
    return [
      ...[...attemptsOf(record), record.reason].flatMap((line) => (line === '' ? [] : `# ${oneLine(line)}`)),
      result,
    ];
  if (record.verdict === 'xfail') return [`${result} # XFAIL ${oneLine(record.reason)}`];
  if (record.verdict === 'skip') return [`${result} # SKIP ${oneLine(record.reason)}`];
  return [...storyOf(record).map((line) => `# ${oneLine(line)}`), `# verdict: ${record.verdict}`, result];
}

function subtestLines({ id, subtests = [] }: CellRecord): string[] {
  if (subtests.length === 0) return [];
  const lines = subtests.map(({ name, status, detail = '' }, index) => {
    const result = `${status === 'pass' || status === 'skip' ? 'ok' : 'not ok'} ${index + 1} ${oneLine(name)}`;
    if (status === 'skip') return `${result} # SKIP ${oneLine(detail)}`;
    if (status === 'todo') return `${result} # XFAIL ${oneLine(detail)}`;
    return result;
  });
  return ['KTAP version 1', `# Subtest: ${oneLine(id)}`, `1..${subtests.length}`, ...lines].map((line) => `  ${line}`);
}
