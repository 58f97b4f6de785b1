import { z } from 'zod';
import { ExitCode } from './exit-code.js';

/**
 * - `caught`: a planted defect, and the oracles that it names objected to it.
 * - `xfail`: what was under test is right, and the kernel's own path beside it failed as it is known to (finding.ts).
 * - `inconclusive`: measured, but too noisy or incomplete to say.
 * - `lost`: the infrastructure broke; never counted as pass or fail.
 * - `skip`: not run, with the reason.
 */
export const Verdict = z.enum(['pass', 'caught', 'xfail', 'fail', 'inconclusive', 'lost', 'skip']);
export type Verdict = z.infer<typeof Verdict>;

/** Did it end as it should? A defect that was caught, or that is known, is no bad news. */
export function isGood(verdict: Verdict): verdict is 'pass' | 'caught' | 'xfail' {
  return verdict === 'pass' || verdict === 'caught' || verdict === 'xfail';
}

/**
 * The exit code for a run with these verdicts: a failure outranks a loss, a loss outranks doubt.
 * A failure that is known and expected is none. A run in which nothing passed and nothing failed has shown nothing: inconclusive.
 */
export function exitCodeOf(verdicts: Iterable<Verdict>): number {
  const seen = new Set(verdicts);
  if (seen.has('fail')) return ExitCode.failed;
  if (seen.has('lost')) return ExitCode.lost;
  if (seen.has('inconclusive') || ![...seen].some(isGood)) return ExitCode.inconclusive;
  return ExitCode.ok;
}
