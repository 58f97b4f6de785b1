/** KTAP (Documentation/dev-tools/ktap.rst): one test per cell. Lost and inconclusive cells are `not ok`, too. */
import { isGood, oneLine, type RunResult } from '../../model/index.js';
import { attemptsOf, storyOf } from './text.js';

export function ktap({ run, cells }: RunResult): string {
  const lines = cells.flatMap((record, index) => {
    const result = `${isGood(record.verdict) || record.verdict === 'skip' ? 'ok' : 'not ok'} ${index + 1} ${oneLine(record.id)}`;
    if (record.verdict === 'pass' || record.verdict === 'caught')
      return [
        ...[...attemptsOf(record), record.reason].flatMap((line) => (line === '' ? [] : `# ${oneLine(line)}`)),
        result,
      ];
    if (record.verdict === 'xfail') return [`${result} # XFAIL ${oneLine(record.reason)}`];
    if (record.verdict === 'skip') return [`${result} # SKIP ${oneLine(record.reason)}`];
    return [...storyOf(record).map((line) => `# ${oneLine(line)}`), `# verdict: ${record.verdict}`, result];
  });
  const header = `# ${oneLine(`phyrlab ${run.id}: Linux ${run.kernel.release}, QEMU ${run.qemu.version}, seed ${run.seed}`)}`;
  return ['KTAP version 1', header, `1..${cells.length}`, ...lines, ''].join('\n');
}
