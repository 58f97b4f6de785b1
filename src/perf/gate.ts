/** Judges which series got worse since a baseline, and whether a CI should fail. */
import { type CompareOptions, type Comparison, compareExact, compareNoisy } from './compare.js';

/** A series that both sides measured. */
export interface Pair {
  /** The cell's id. */
  cell: string;
  /** For display: the cell and the metric. */
  name: string;
  kind: 'exact' | 'noisy';
  better: CompareOptions['better'];
  unit: string;
  before: readonly number[];
  after: readonly number[];
}

export interface Judged extends Pair {
  comparison: Comparison;
}

export interface GateOptions {
  minEffect: { exact: number; noisy: number };
  /** How often equal sources may raise an alarm, for all noisy series of a cell together. */
  falseAlarms: number;
}

/** A count that changes by half a percent means that the code changed. Emulated timings below five percent mean nothing. */
export const DEFAULT_GATE: GateOptions = { minEffect: { exact: 0.005, noisy: 0.05 }, falseAlarms: 0.01 };

/** Most important first: those that fail the gate, then by verdict and size. */
export function judgePairs(pairs: readonly Pair[], options: GateOptions = DEFAULT_GATE): Judged[] {
  const rank = { worse: 0, changed: 1, better: 2, inconclusive: 3, same: 4 };
  // A change from 0 has no ratio and counts as the largest.
  const size = ({ comparison: { ratio } }: Judged) => Math.abs(Math.log(ratio?.mid ?? Number.MAX_VALUE));
  const compared = new Map<string, number>();
  for (const pair of pairs.filter(canAlarm)) compared.set(pair.cell, (compared.get(pair.cell) ?? 0) + 1);
  return pairs
    .map((pair): Judged => {
      const confidence = 1 - options.falseAlarms / Math.max(1, compared.get(pair.cell) ?? 0);
      const how = { better: pair.better, minEffect: options.minEffect[pair.kind], confidence };
      const compare = pair.kind === 'exact' ? compareExact : compareNoisy;
      return { ...pair, comparison: compare(pair.before, pair.after, how) };
    })
    .sort(
      (a, b) =>
        Number(b.comparison.gates) - Number(a.comparison.gates) ||
        rank[a.comparison.verdict] - rank[b.comparison.verdict] ||
        size(b) - size(a),
    );
}

/** Can chance raise an alarm? Not for counts, nor for single timings, which are inconclusive. */
function canAlarm({ kind, before, after }: Pair): boolean {
  return kind === 'noisy' && before.length > 1 && after.length > 1;
}
