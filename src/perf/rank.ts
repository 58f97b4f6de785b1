/**
 * Compares two samples by ranks (Mann-Whitney). This assumes nothing about the shape of the noise, and an outlier counts as one value.
 */
/** How often each value of the U statistic occurs among all orders of m and n values without ties. */
function distribution(m: number, n: number): Float64Array {
  const key = `${m} ${n}`;
  const known = distributions.get(key) ?? count(m, n);
  distributions.set(key, known);
  return known;
}

const distributions = new Map<string, Float64Array>();

function count(m: number, n: number): Float64Array {
  // f(m, n, u) = f(m-1, n, u-n) + f(m, n-1, u): the largest value is one of the first sample, or it is not.
  let rows: Float64Array[] = Array.from({ length: n + 1 }, () => Float64Array.of(1));
  for (let i = 1; i <= m; i++) {
    const next: Float64Array[] = [Float64Array.of(1)];
    for (let k = 1; k <= n; k++) {
      const row = new Float64Array(i * k + 1);
      (rows[k] ?? []).forEach((count, u) => {
        row[u + k] = (row[u + k] ?? 0) + count;
      });
      (next[k - 1] ?? []).forEach((count, u) => {
        row[u] = (row[u] ?? 0) + count;
      });
      next.push(row);
    }
    rows = next;
  }
  return rows[n] ?? Float64Array.of(1);
}

/** Above this, the normal distribution is close enough, and the counts exceed a double. */
const EXACT_UP_TO = 25;

/** The two-sided probability of ranks at least as uneven, if both samples come from the same source. */
export function mannWhitney(a: readonly number[], b: readonly number[]): number {
  const m = a.length;
  const n = b.length;
  if (m === 0 || n === 0) return 1;
  const all = [...a.map((value) => ({ value, ofA: true })), ...b.map((value) => ({ value, ofA: false }))].sort(
    (x, y) => x.value - y.value,
  );
  let rankSum = 0;
  let ties = 0;
  for (let from = 0; from < all.length; ) {
    let to = from;
    while (to < all.length && all[to]?.value === all[from]?.value) to++;
    const count = to - from;
    ties += count ** 3 - count;
    const rank = (from + 1 + to) / 2;
    for (let i = from; i < to; i++) if (all[i]?.ofA) rankSum += rank;
    from = to;
  }
  const u = rankSum - (m * (m + 1)) / 2;
  const low = Math.min(u, m * n - u);
  if (ties === 0 && m <= EXACT_UP_TO && n <= EXACT_UP_TO) {
    const counts = distribution(m, n);
    const total = counts.reduce((sum, count) => sum + count, 0);
    const tail = counts.slice(0, low + 1).reduce((sum, count) => sum + count, 0);
    return Math.min(1, (2 * tail) / total);
  }
  const size = m + n;
  const variance = ((m * n) / 12) * (size + 1 - ties / (size * (size - 1)));
  if (variance === 0) return 1;
  const z = (low + 0.5 - (m * n) / 2) / Math.sqrt(variance);
  return Math.min(1, 2 * normalBelow(z));
}

export interface Interval {
  low: number;
  mid: number;
  high: number;
}

/**
 * By what factor `b` is larger than `a` (Hodges-Lehmann on logarithms, with the confidence interval that belongs to the rank test). Values must
 * be positive. `undefined`: too few samples for this confidence, whatever their values.
 */
export function ratio(a: readonly number[], b: readonly number[], confidence: number): Interval | undefined {
  const differences = a.flatMap((x) => b.map((y) => Math.log(y / x))).sort((x, y) => x - y);
  const cut = criticalU(a.length, b.length, (1 - confidence) / 2);
  const [low, high] = cut === undefined ? [] : [differences[cut], differences[differences.length - 1 - cut]];
  if (low === undefined || high === undefined) return undefined;
  return { low: Math.exp(low), mid: Math.exp(median(differences)), high: Math.exp(high) };
}

/** The fewest samples per side that can show anything with this confidence. */
export function samplesNeeded(confidence: number): number {
  let needed = 1;
  while (needed <= EXACT_UP_TO && criticalU(needed, needed, (1 - confidence) / 2) === undefined) needed++;
  return needed;
}

/** The largest U with at most `tail` of the probability at or below it; `undefined` for tiny samples. */
function criticalU(m: number, n: number, tail: number): number | undefined {
  if (m <= EXACT_UP_TO && n <= EXACT_UP_TO) {
    const counts = distribution(m, n);
    const allowed = tail * counts.reduce((sum, count) => sum + count, 0);
    let below = 0;
    let u = -1;
    while (below + (counts[u + 1] ?? Number.POSITIVE_INFINITY) <= allowed) {
      u++;
      below += counts[u] ?? 0;
    }
    return u < 0 ? undefined : u;
  }
  const u = (m * n) / 2 + normalQuantile(tail) * Math.sqrt((m * n * (m + n + 1)) / 12);
  return Math.max(0, Math.floor(u));
}

/** The values must be sorted. */
export function median(sorted: readonly number[]): number {
  const half = sorted.length >> 1;
  const upper = sorted[half] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[half - 1] ?? Number.NaN) + upper) / 2;
}

/** The median of values in any order. */
export function medianOf(values: readonly number[]): number {
  return median([...values].sort((a, b) => a - b));
}

/** Standard normal distribution, by the complementary error function (Numerical Recipes' rational fit, 1.2e-7). */
function normalBelow(z: number): number {
  const x = Math.abs(z) / Math.SQRT2;
  const t = 1 / (1 + x / 2);
  const fit = [
    0.17087277, -0.82215223, 1.48851587, -1.13520398, 0.27886807, -0.18628806, 0.09678418, 0.37409196, 1.00002368,
    -1.26551223,
  ].reduce((sum, factor) => sum * t + factor, 0);
  const tail = (t * Math.exp(-x * x + fit)) / 2;
  return z < 0 ? tail : 1 - tail;
}

function normalQuantile(p: number): number {
  let low = -40;
  let high = 40;
  for (let i = 0; i < 100; i++) {
    const mid = (low + high) / 2;
    if (normalBelow(mid) < p) low = mid;
    else high = mid;
  }
  return (low + high) / 2;
}
