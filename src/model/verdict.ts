import { z } from 'zod';
import { ExitCode } from './exit-code.js';

/**
 * - `caught`: a planted defect, and the oracles named for it objected.
 * - `xfail`: the code under test is right, and the kernel's own code failed as expected (finding.ts).
 * - `inconclusive`: an oracle could not look, or a measurement says nothing.
 * - `lost`: the infrastructure broke; this counts as neither pass nor fail.
 * - `skip`: not run, with the reason.
 */
export const Verdict = z.enum(['pass', 'caught', 'xfail', 'fail', 'inconclusive', 'lost', 'skip']);
export type Verdict = z.infer<typeof Verdict>;

/** Did the cell end as it should? Caught defects and expected failures are good. */
export function isGood(verdict: Verdict): verdict is 'pass' | 'caught' | 'xfail' {
  return verdict === 'pass' || verdict === 'caught' || verdict === 'xfail';
}

/**
 * The exit code of a run: fail before lost before inconclusive. Expected failures do not count as failures. A run in which nothing passed and
 * nothing failed is inconclusive, because it has shown nothing.
 */
export function exitCodeOf(verdicts: Iterable<Verdict>): number {
  const seen = new Set(verdicts);
  if (seen.has('fail')) return ExitCode.failed;
  if (seen.has('lost')) return ExitCode.lost;
  if (seen.has('inconclusive') || ![...seen].some(isGood)) return ExitCode.inconclusive;
  return ExitCode.ok;
}
