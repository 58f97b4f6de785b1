import { type OracleReport, objectionReport, objectionsOf, passes, withKernelFindings } from '../model/index.js';

/** Combines an oracle's reports from before and after a power cycle: the worse of the two counts. */
export function acrossPowerCycle(before: OracleReport, after: OracleReport): OracleReport {
  const badness = ({ verdict }: OracleReport) => ['pass', 'inconclusive', 'fail'].indexOf(verdict);
  const { name, verdict } = badness(after) > badness(before) ? after : before;
  const later = <T extends { detail: string }>(one: T): T => ({
    ...one,
    detail: `after the power cycle: ${one.detail}`,
  });
  const kernel = [...(before.kernel ?? []), ...(after.kernel ?? []).map(later)];
  if (verdict === 'pass') return withKernelFindings(passes(name, `${before.detail}; ${later(after).detail}`), kernel);
  const first = before.verdict === verdict ? objectionsOf(before) : [];
  const then = after.verdict === verdict ? objectionsOf(after).map(later) : [];
  return withKernelFindings(objectionReport(name, verdict, [...first, ...then]), kernel);
}
