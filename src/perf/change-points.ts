/**
 * Finds where a series changed: E-divisive (Matteson and James). It splits the series where the two sides differ most in energy distance,
 * uses a permutation test to see whether chance explains the split, and repeats this for both parts.
 */
import { randomFrom, shuffle } from './random.js';
import { medianOf } from './rank.js';

export interface ChangePoint {
  /** Index of the first value after the change. */
  at: number;
  /** How often shuffled values split as well. Small means that the change is real. */
  p: number;
  /** The median before and after, within the parts on either side. */
  before: number;
  after: number;
}

export interface ChangeOptions {
  /** The largest p that is accepted. */
  level?: number;
  /** The fewest values of a part. */
  least?: number;
  permutations?: number;
  seed?: number;
}

export function changePoints(series: readonly number[], options: ChangeOptions = {}): ChangePoint[] {
  const { level = 0.01, least = 5, permutations = 199, seed = 1 } = options;
  const random = randomFrom(seed);
  const found: { at: number; p: number }[] = [];
  const divide = (from: number, to: number) => {
    const part = series.slice(from, to);
    const best = bestSplit(part, least);
    if (best === undefined || best.q <= 0) return;
    const allowed = Math.floor(level * (permutations + 1)) - 1;
    let asGood = 0;
    for (let i = 0; i < permutations && asGood <= allowed; i++) {
      if ((bestSplit(shuffle([...part], random), least)?.q ?? 0) >= best.q) asGood++;
    }
    if (asGood > allowed) return;
    found.push({ at: from + best.at, p: (asGood + 1) / (permutations + 1) });
    divide(from, from + best.at);
    divide(from + best.at, to);
  };
  divide(0, series.length);
  const ends = found.sort((a, b) => a.at - b.at);
  return ends.map(({ at, p }, i) => ({
    at,
    p,
    before: medianOf(series.slice(ends[i - 1]?.at ?? 0, at)),
    after: medianOf(series.slice(at, ends[i + 1]?.at ?? series.length)),
  }));
}

/**
 * The split with the largest weighted energy distance between its sides. Moving one value to the other side changes the three sums by its
 * distances to all others, so a series takes O(n^2).
 */
function bestSplit(values: readonly number[], least: number): { at: number; q: number } | undefined {
  const n = values.length;
  if (n < 2 * least) return undefined;
  let within = 0;
  let across = 0;
  let right = 0;
  for (let i = 0; i < n; i++) for (let k = i + 1; k < n; k++) right += Math.abs((values[i] ?? 0) - (values[k] ?? 0));
  let best: { at: number; q: number } | undefined;
  for (let at = 1; at <= n - least; at++) {
    const moved = values[at - 1] ?? 0;
    let toLeft = 0;
    let toRight = 0;
    for (let i = 0; i < at - 1; i++) toLeft += Math.abs(moved - (values[i] ?? 0));
    for (let i = at; i < n; i++) toRight += Math.abs(moved - (values[i] ?? 0));
    within += toLeft;
    right -= toRight;
    across += toRight - toLeft;
    if (at < least) continue;
    const m = n - at;
    const energy = (2 / (at * m)) * across - (2 / (at * (at - 1))) * within - (2 / (m * (m - 1))) * right;
    const q = ((at * m) / n) * energy;
    if (best === undefined || q > best.q) best = { at, q };
  }
  return best;
}
