/**
 * Compares two sets of measurements. `inconclusive` means that the samples neither show an effect nor exclude one.
 */
import { type Interval, mannWhitney, medianOf, ratio, samplesNeeded } from './rank.js';

export type Direction = 'lower' | 'higher' | 'neither';

export interface Comparison {
  verdict: 'better' | 'worse' | 'same' | 'changed' | 'inconclusive';
  /** After over before, with its confidence interval; a point for exact series. Missing if unknown, or if before is 0. */
  ratio?: Interval;
  /** Mann-Whitney; 0 or 1 for exact series. */
  p: number;
  /** Does this effect fail a gate? */
  gates: boolean;
  /** Set if the verdict is inconclusive. */
  untold?: NotComparable;
}

/** Why samples are inconclusive. */
export type NotComparable =
  /** Counts that should be the same in every run differ within one side. */
  | { why: 'moves' }
  /** Too few for any conclusion; so many per side could give one. */
  | { why: 'few'; needed: number }
  /** They are spread too far; about so many per side would be enough. */
  | { why: 'scatter'; needed?: number };

export interface CompareOptions {
  /** Which direction is good: fewer instructions are better, more bandwidth is better. */
  better: Direction;
  /** The smallest relative change that can fail a gate, e.g. 0.005. */
  minEffect: number;
  confidence?: number;
}

/**
 * Compares counts, which only change if the code does. Every difference is real, and fails the gate from the minimum effect on. If the values
 * of one side differ, they are not exact: inconclusive.
 */
export function compareExact(before: readonly number[], after: readonly number[], options: CompareOptions): Comparison {
  const [old, now] = [before[0], after[0]];
  const settled = [before, after].every((side) => side.length > 0 && side.every((value) => value === side[0]));
  if (!settled || old === undefined || now === undefined) {
    return { verdict: 'inconclusive', p: 1, gates: false, untold: { why: 'moves' } };
  }
  if (old === now) return { verdict: 'same', ratio: ONE, p: 1, gates: false };
  // Compares differences: a rounded ratio might make 0.5 % a little less.
  const gates = Math.abs(now - old) >= options.minEffect * Math.abs(old);
  const verdict = named(now - old, options.better);
  return { verdict, ...pointOf(old, now), p: 0, gates: gates && verdict === 'worse' };
}

/**
 * Compares noisy samples. There is an effect if the whole confidence interval of the ratio lies on one side of 1, and its middle is beyond the
 * minimum effect. They are the same if the whole interval lies within the minimum effect of 1.
 */
export function compareNoisy(before: readonly number[], after: readonly number[], options: CompareOptions): Comparison {
  const { better, minEffect, confidence = 0.99 } = options;
  const needed = samplesNeeded(confidence);
  const p = mannWhitney(before, after);
  if ([...before, ...after].some((value) => value <= 0)) return compareRanks(before, after, { better, confidence });
  const found = ratio(before, after, confidence);
  if (found === undefined) return { verdict: 'inconclusive', p, gates: false, untold: { why: 'few', needed } };
  const apart = (found.low > 1 || found.high < 1) && p <= 1 - confidence;
  const large = Math.abs(found.mid - 1) >= minEffect;
  if (apart && large) {
    const verdict = named(found.mid - 1, better);
    return { verdict, ratio: found, p, gates: verdict === 'worse' };
  }
  const within = found.low > 1 - minEffect && found.high < 1 + minEffect;
  if (within) return { verdict: 'same', ratio: found, p, gates: false };
  const there = (2 * before.length * after.length) / (before.length + after.length);
  // The width of the interval shrinks with the square root of the number of samples.
  const times = (Math.log(found.high / found.low) / 2 / minEffect) ** 2;
  const enough = Math.max(needed, Math.ceil(there + 1), Math.ceil(there * times));
  return { verdict: 'inconclusive', ratio: found, p, gates: false, untold: { why: 'scatter', needed: enough } };
}

/** If values are 0 or negative there is no ratio, but ranks still tell which side is larger. */
function compareRanks(
  before: readonly number[],
  after: readonly number[],
  { better, confidence }: { better: Direction; confidence: number },
): Comparison {
  if (new Set([...before, ...after]).size === 1) return { verdict: 'same', ratio: ONE, p: 1, gates: false };
  const p = mannWhitney(before, after);
  const needed = samplesNeeded(confidence);
  const [old, now] = [medianOf(before), medianOf(after)];
  if (p > 1 - confidence || old === now) {
    const few = Math.min(before.length, after.length) < needed;
    return { verdict: 'inconclusive', p, gates: false, untold: few ? { why: 'few', needed } : { why: 'scatter' } };
  }
  const verdict = named(now - old, better);
  return { verdict, ...pointOf(old, now), p, gates: verdict === 'worse' };
}

const ONE: Interval = { low: 1, mid: 1, high: 1 };

function pointOf(old: number, now: number): { ratio?: Interval } {
  const factor = now / old;
  return Number.isFinite(factor) ? { ratio: { low: factor, mid: factor, high: factor } } : {};
}

/** @param change positive if the figure increased */
function named(change: number, better: Direction): Comparison['verdict'] {
  if (better === 'neither') return 'changed';
  return change > 0 === (better === 'lower') ? 'worse' : 'better';
}
