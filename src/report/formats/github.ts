/** For GitHub Actions: annotations, which the runner reads from the output, and a job summary in Markdown. */
import { type CellRecord, countOf, isGood, type RunResult, type Verdict } from '../../model/index.js';
import { type Annotation, annotation } from '../../terminal/index.js';
import { attemptsOf, markdown as md, storyOf } from './text.js';

/** One annotation per cell. GitHub shows ten of a kind per step, so one more gives the number of the rest. */
export function annotations({ cells }: RunResult): Annotation[] {
  const wrong = cells.filter(({ verdict }) => !isQuiet(verdict));
  const shown = wrong.slice(0, MOST).map((record) => {
    const kind = record.verdict === 'fail' ? 'error' : 'warning';
    return annotation(kind, `${record.verdict}: ${record.id}`, storyOf(record).join('\n'));
  });
  const more = wrong.length - shown.length;
  return more > 0
    ? [
        ...shown,
        annotation(
          'notice',
          undefined,
          `${countOf(more, 'more cell', 'more cells')} did not pass; see the job summary`,
        ),
      ]
    : shown;
}

const MOST = 10;

function isQuiet(verdict: Verdict): boolean {
  return isGood(verdict) || verdict === 'skip';
}

export function summary({ run, cells }: RunResult): string {
  const order: Verdict[] = ['fail', 'lost', 'inconclusive', 'skip', 'xfail', 'caught', 'pass'];
  const counts = order.map((verdict) => [verdict, cells.filter((cell) => cell.verdict === verdict).length] as const);
  const line = counts.flatMap(([verdict, count]) => (count > 0 ? [`${count} ${verdict}`] : [])).join(', ');
  const wrong = cells.filter(({ verdict, earlier }) => !isQuiet(verdict) || earlier);
  return [
    `## phyrlab: ${line || 'no cells'}`,
    '',
    `Linux ${md(run.kernel.release)}, QEMU ${md(run.qemu.version)} (${run.host.accelerator}), seed ${run.seed}, run ${md(run.id)}`,
    '',
    ...(wrong.length > 0 ? ['| verdict | cell | why |', '| --- | --- | --- |', ...wrong.map(row), ''] : []),
  ].join('\n');
}

function row(record: CellRecord): string {
  return `| ${record.verdict} | ${md(record.id)} | ${(isGood(record.verdict) ? attemptsOf(record) : storyOf(record)).map(md).join('<br>')} |`;
}
