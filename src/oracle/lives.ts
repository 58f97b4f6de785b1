import type { OracleReport } from '../model/index.js';

/** What one oracle says of a guest and of that which came after it, where the power was gone in between: the worse of the two. */
export function bothLives(before: OracleReport, after: OracleReport): OracleReport {
  const badness = ({ verdict }: OracleReport) => ['pass', 'inconclusive', 'fail'].indexOf(verdict);
  const { verdict } = badness(after) > badness(before) ? after : before;
  const kernel = [...(before.kernel ?? []), ...(after.kernel ?? [])];
  const detail = [
    ...(before.verdict === verdict ? [before.detail] : []),
    ...(after.verdict === verdict ? [`after the power cycle: ${after.detail}`] : []),
  ].join('; ');
  return { name: before.name, verdict, detail, ...(kernel.length > 0 && { kernel }) };
}
