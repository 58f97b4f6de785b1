/**
 * The verdict of a cell, from the reports of its oracles.
 */
import {
  type Alarm,
  affects,
  type Expectation,
  type Finding,
  type KnownDefect,
  matchesDefect,
  OracleName,
  type OracleReport,
  objectionsOf,
  oraclesFor,
  type Unjudged,
  type Verdict,
} from '../model/index.js';

/** `reason`: why, in one line; empty for an ordinary pass. */
export type Judgement =
  | { verdict: Exclude<Verdict, 'lost' | 'inconclusive'>; reason: string }
  | ({ verdict: 'lost' | 'inconclusive' } & Unjudged);

/** @param known the known defects that this kernel has and that must show in this cell */
export function judge(
  expect: Expectation,
  reports: readonly OracleReport[],
  known: readonly KnownDefect[] = [],
): Judgement {
  if (expect.kind === 'caught') return judgeAlarm(expect, reports);
  const ours = judgeOrdinary(reports);
  return ours.verdict === 'pass' ? judgeKernel(findingsIn(reports, known), known) : ours;
}

/** Those of a cell's known defects that this release has. */
export function knownOn(release: string, { known = [] }: { known?: KnownDefect[] | undefined }): KnownDefect[] {
  return known.filter((defect) => affects(defect, release));
}

/** What the kernel's own code did wrong. */
export function findingsIn(reports: readonly OracleReport[], known: readonly KnownDefect[] = []): Finding[] {
  return reports.flatMap(({ name, kernel = [] }) =>
    kernel.map((one) => {
      const defect = known.find((each) => each.oracle === name && matchesDefect(each, one));
      return { ...one, oracle: name, ...(defect !== undefined && { known: defect.id }) };
    }),
  );
}

/** Called if the code under test did everything right. */
function judgeKernel(findings: readonly Finding[], known: readonly KnownDefect[]): Judgement {
  const news = findings.filter((finding) => finding.known === undefined);
  if (news.length > 0)
    return {
      verdict: 'fail',
      reason: `finding in the kernel's own code: ${news.map(({ oracle, detail }) => `${oracle}: ${detail}`).join('; ')}`,
    };
  const unseen = known.filter(({ id }) => !findings.some((finding) => finding.known === id));
  if (unseen.length > 0)
    return {
      verdict: 'fail',
      reason: unseen
        .map(
          ({ id, what }) =>
            `the known defect ${id} does not show (${what}): if this kernel has the fix, remove it from the defect's kernels`,
        )
        .join('; '),
    };
  if (known.length === 0) return { verdict: 'pass', reason: '' };
  return { verdict: 'xfail', reason: known.map(({ id, what }) => `known defect ${id}: ${what}`).join('; ') };
}

function judgeOrdinary(reports: readonly OracleReport[]): Judgement {
  if (reports.length === 0) return { verdict: 'inconclusive', code: 'no-oracle', reason: 'no oracle looked' };
  const failed = reports.filter((report) => report.verdict === 'fail');
  if (failed.length > 0) return { verdict: 'fail', reason: lines(failed) };
  const blind = reports.filter((report) => report.verdict === 'inconclusive');
  if (blind.length > 0) return { verdict: 'inconclusive', code: 'could-not-look', reason: lines(blind) };
  return { verdict: 'pass', reason: '' };
}

/**
 * A planted defect. It fails if a named oracle does not object. If another oracle could not look, the cell is inconclusive, unless the defect is
 * declared to cause that: otherwise nobody would notice that an oracle no longer works.
 */
function judgeAlarm(
  { by, blinds = [] }: Extract<Expectation, { kind: 'caught' }>,
  reports: readonly OracleReport[],
): Judgement {
  const silent = by.filter((who) => !objected(who, reports));
  const rang = reports.filter((report) => report.verdict === 'fail').map((report) => report.name);
  if (silent.length === 0) {
    const doubt = reports.filter(
      (report) => report.verdict === 'inconclusive' && !blinds.includes(report.name) && !isExcused(report),
    );
    const caught = `planted defect caught by ${rang.join(', ')}`;
    if (doubt.length === 0) return { verdict: 'caught', reason: caught };
    const reason = `${caught}, but could not look: ${lines(doubt)}`;
    return { verdict: 'inconclusive', code: 'could-not-look', reason };
  }
  const blind = silent.filter((who) => !looked(who, reports));
  if (blind.length === silent.length) {
    const reason = `planted defect: these could not look: ${blind.join(', ')}`;
    return { verdict: 'inconclusive', code: 'alarm-unheard', reason };
  }
  return {
    verdict: 'fail',
    reason: `planted defect not seen by ${silent.join(', ')} (seen by ${rang.join(', ') || 'no oracle'})`,
  };
}

/** The oracle looked and objected, though perhaps only to the effect of a stalled host. */
function isExcused(report: OracleReport): boolean {
  return objectionsOf(report).some(({ code }) => code === 'host-stall');
}

const isOracle = (who: Alarm): who is OracleName => OracleName.safeParse(who).success;

function objected(who: Alarm, reports: readonly OracleReport[]): boolean {
  return reports.some(
    (report) =>
      report.verdict === 'fail' &&
      (report.name === who || (!isOracle(who) && objectionsOf(report).some(({ code }) => code === who))),
  );
}

/** Was an oracle that uses this code able to look? */
function looked(who: Alarm, reports: readonly OracleReport[]): boolean {
  const asked = isOracle(who) ? [who] : oraclesFor(who);
  return reports.some(({ name, verdict }) => asked.includes(name) && verdict !== 'inconclusive');
}

function lines(reports: readonly OracleReport[]): string {
  return reports.map((report) => `${report.name}: ${report.detail}`).join('; ');
}
