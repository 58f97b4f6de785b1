/**
 * What two sets of measurements say about each other. Three answers, and no pretence: `inconclusive` means that the samples
 * neither show an effect nor exclude one.
 */
import { type Interval, mannWhitney, medianOf, ratio, samplesNeeded } from './rank.js';

export type Direction = 'lower' | 'higher' | 'neither';

export interface Comparison {
  verdict: 'better' | 'worse' | 'same' | 'changed' | 'inconclusive';
  /** New over old, with its confidence interval; a point for exact series. None where nothing is known, or the old is 0. */
  ratio?: Interval;
  /** Mann-Whitney; 0 or 1 for exact series. */
  p: number;
  /** Is it an effect that a gate should stop at? */
  gates: boolean;
  /** Of what is inconclusive. */
  untold?: NotComparable;
}

/** Why samples say nothing. */
export type NotComparable =
  /** Counts that are to be the same each time, and are not within one side. */
  | { why: 'moves' }
  /** Whatever the values: so many a side could say something. */
  | { why: 'few'; needed: number }
  /** They lie too far apart: so many a side, about, would be enough. */
  | { why: 'scatter'; needed?: number };

export interface CompareOptions {
  /** Which way is good: a larger instruction count is worse, a larger bandwidth better. */
  better: Direction;
  /** Relative change below which nothing gates, e.g. 0.005. */
  minEffect: number;
  confidence?: number;
}

/**
 * Counts that do not move unless the code moved: every difference is one, and gates from the minimum effect on. Values of one
 * side that differ among themselves are not exact: inconclusive.
 */
export function compareExact(before: readonly number[], after: readonly number[], options: CompareOptions): Comparison {
  const [old, now] = [before[0], after[0]];
  const settled = [before, after].every((side) => side.length > 0 && side.every((value) => value === side[0]));
  if (!settled || old === undefined || now === undefined) {
    return { verdict: 'inconclusive', p: 1, gates: false, untold: { why: 'moves' } };
  }
  if (old === now) return { verdict: 'same', ratio: ONE, p: 1, gates: false };
  // By differences: a ratio is rounded, and 0.5 % may come out as a little less.
  const gates = Math.abs(now - old) >= options.minEffect * Math.abs(old);
  const verdict = named(now - old, options.better);
  return { verdict, ...pointOf(old, now), p: 0, gates: gates && verdict === 'worse' };
}

/**
 * Samples with noise, taken in turns in one run. An effect is one when the whole confidence interval of the ratio lies beyond
 * 1 and the middle beyond the minimum effect; `same` when the whole interval lies within the minimum effect of 1.
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
  // An interval becomes narrower with the root of the samples.
  const times = (Math.log(found.high / found.low) / 2 / minEffect) ** 2;
  const enough = Math.max(needed, Math.ceil(there + 1), Math.ceil(there * times));
  return { verdict: 'inconclusive', ratio: found, p, gates: false, untold: { why: 'scatter', needed: enough } };
}

/** Where values are 0, or less, there is no ratio; which side is the larger can still be told. */
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

/** @param change above 0: it became more */
function named(change: number, better: Direction): Comparison['verdict'] {
  if (better === 'neither') return 'changed';
  return change > 0 === (better === 'lower') ? 'worse' : 'better';
}
