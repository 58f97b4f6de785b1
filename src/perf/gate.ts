/** Which series got worse since a baseline, and whether a CI should stop for it. */
import { type CompareOptions, type Comparison, compareExact, compareNoisy } from './compare.js';

/** A series in both runs. */
export interface Pair {
  /** The cell's id. */
  cell: string;
  /** For a person: the cell and what was measured. */
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
  /** How often equal sources may raise an alarm: by all noisy series of a cell together, not by each. */
  falseAlarms: number;
}

/** A change of half a percent in a count is one of the code; timings under emulation are not worth an alarm below five. */
export const DEFAULT_GATE: GateOptions = { minEffect: { exact: 0.005, noisy: 0.05 }, falseAlarms: 0.01 };

/** The most telling first: what gates, then what changed by how much. */
export function judgePairs(pairs: readonly Pair[], options: GateOptions = DEFAULT_GATE): Judged[] {
  const rank = { worse: 0, changed: 1, better: 2, inconclusive: 3, same: 4 };
  // What came from nothing has no ratio, and is the largest change there is.
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

/** By chance, that is: a count needs no luck, and a single timing says nothing. */
function canAlarm({ kind, before, after }: Pair): boolean {
  return kind === 'noisy' && before.length > 1 && after.length > 1;
}
