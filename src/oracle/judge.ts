/**
 * From what the oracles said to the verdict of a cell.
 */
import {
  claims,
  type Expectation,
  type Finding,
  type KnownDefect,
  type OracleReport,
  type Verdict,
} from '../model/index.js';

export interface Judgement {
  verdict: Verdict;
  /** Why, in one line; empty for an ordinary pass. */
  reason: string;
}

/** @param known the known defects that this kernel has, and that must show in this cell */
export function judge(
  expect: Expectation,
  reports: readonly OracleReport[],
  known: readonly KnownDefect[] = [],
): Judgement {
  if (expect.kind === 'caught') return judgeAlarm(expect, reports);
  const ours = judgeOrdinary(reports);
  return ours.verdict === 'pass' ? judgeKernel(findingsIn(reports, known), known) : ours;
}

/** Of the defects known to show in a cell those that a kernel has. */
export function knownOn(release: string, { known = [] }: { known?: KnownDefect[] | undefined }): KnownDefect[] {
  return known.filter((defect) => claims(defect, release));
}

/** What the kernel's own path did wrong. */
export function findingsIn(reports: readonly OracleReport[], known: readonly KnownDefect[] = []): Finding[] {
  return reports.flatMap(({ name, kernel = [] }) =>
    kernel.map((what) => {
      const defect = known.find(({ oracle, pattern }) => oracle === name && new RegExp(pattern).test(what));
      return { oracle: name, what, ...(defect !== undefined && { known: defect.id }) };
    }),
  );
}

/** What is under test did all that is due. */
function judgeKernel(findings: readonly Finding[], known: readonly KnownDefect[]): Judgement {
  const news = findings.filter((finding) => finding.known === undefined);
  if (news.length > 0)
    return {
      verdict: 'fail',
      reason: `finding, the kernel's own path: ${news.map(({ oracle, what }) => `${oracle}: ${what}`).join('; ')}`,
    };
  const unseen = known.filter(({ id }) => !findings.some((finding) => finding.known === id));
  if (unseen.length > 0)
    return {
      verdict: 'fail',
      reason: unseen
        .map(
          ({ id, what }) =>
            `the known defect ${id} does not show (${what}): where it is mended, it is not to be claimed`,
        )
        .join('; '),
    };
  if (known.length === 0) return { verdict: 'pass', reason: '' };
  return { verdict: 'xfail', reason: known.map(({ id, what }) => `known defect ${id}: ${what}`).join('; ') };
}

function judgeOrdinary(reports: readonly OracleReport[]): Judgement {
  if (reports.length === 0) return { verdict: 'inconclusive', reason: 'no oracle looked' };
  const failed = reports.filter((report) => report.verdict === 'fail');
  if (failed.length > 0) return { verdict: 'fail', reason: lines(failed) };
  const blind = reports.filter((report) => report.verdict === 'inconclusive');
  if (blind.length > 0) return { verdict: 'inconclusive', reason: lines(blind) };
  return { verdict: 'pass', reason: '' };
}

/**
 * A planted defect: silence of an oracle that should have seen it is the failure. One that was not asked for and could not look is doubt as
 * anywhere, unless that is what the defect is known to do: nobody would notice else that an oracle has gone blind.
 */
function judgeAlarm(
  { by, blinds = [] }: Extract<Expectation, { kind: 'caught' }>,
  reports: readonly OracleReport[],
): Judgement {
  const silent = by.filter((name) => reports.find((report) => report.name === name)?.verdict !== 'fail');
  const rang = reports.filter((report) => report.verdict === 'fail').map((report) => report.name);
  if (silent.length === 0) {
    const doubt = reports.filter(({ name, verdict }) => verdict === 'inconclusive' && !blinds.includes(name));
    const caught = `planted defect caught by ${rang.join(', ')}`;
    if (doubt.length === 0) return { verdict: 'caught', reason: caught };
    return { verdict: 'inconclusive', reason: `${caught}, but could not look: ${lines(doubt)}` };
  }
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
