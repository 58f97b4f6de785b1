/**
 * From what the oracles said to the verdict of a cell.
 */
import type { Expectation, OracleReport, Verdict } from '../model/index.js';

export interface Judgement {
  verdict: Verdict;
  /** Why, in one line; empty for an ordinary pass. */
  reason: string;
}

export function judge(expect: Expectation, reports: readonly OracleReport[]): Judgement {
  return expect.kind === 'caught' ? judgeAlarm(expect.by, reports) : judgeOrdinary(reports);
}

function judgeOrdinary(reports: readonly OracleReport[]): Judgement {
  if (reports.length === 0) return { verdict: 'inconclusive', reason: 'no oracle looked' };
  const failed = reports.filter((report) => report.verdict === 'fail');
  if (failed.length > 0) return { verdict: 'fail', reason: lines(failed) };
  const blind = reports.filter((report) => report.verdict === 'inconclusive');
  if (blind.length > 0) return { verdict: 'inconclusive', reason: lines(blind) };
  return { verdict: 'pass', reason: '' };
}

/** A planted defect: silence of an oracle that should have seen it is the failure. */
function judgeAlarm(by: readonly string[], reports: readonly OracleReport[]): Judgement {
  const silent = by.filter((name) => reports.find((report) => report.name === name)?.verdict !== 'fail');
  const rang = reports.filter((report) => report.verdict === 'fail').map((report) => report.name);
  if (silent.length === 0) return { verdict: 'pass', reason: `planted defect caught by ${rang.join(', ')}` };
  const blind = silent.filter((name) => reports.find((report) => report.name === name)?.verdict !== 'pass');
  if (blind.length === silent.length) {
    return { verdict: 'inconclusive', reason: `planted defect: could not look: ${blind.join(', ')}` };
  }
  return {
    verdict: 'fail',
    reason: `planted defect not seen by ${silent.join(', ')} (seen by ${rang.join(', ') || 'nobody'})`,
  };
}

function lines(reports: readonly OracleReport[]): string {
  return reports.map((report) => `${report.name}: ${report.detail}`).join('; ');
}
