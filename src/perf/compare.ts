/**
 * What two sets of measurements say about each other. Three answers, and no pretence: `inconclusive` means that the samples
 * neither show an effect nor exclude one.
 */
import { type Interval, mannWhitney, ratio } from './rank.js';

export type Direction = 'lower' | 'higher' | 'neither';

export interface Comparison {
  verdict: 'better' | 'worse' | 'same' | 'changed' | 'inconclusive';
  /** New over old, with its confidence interval; a point for exact series. */
  ratio: Interval;
  /** Mann-Whitney; 0 or 1 for exact series. */
  p: number;
  /** Is it an effect that a gate should stop at? */
  gates: boolean;
}

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
    return {
      verdict: 'inconclusive',
      ratio: { low: Number.NaN, mid: Number.NaN, high: Number.NaN },
      p: 1,
      gates: false,
    };
  }
  const factor = old === now ? 1 : now / old;
  const at = { low: factor, mid: factor, high: factor };
  if (old === now) return { verdict: 'same', ratio: at, p: 1, gates: false };
  // By differences: a ratio is rounded, and 0.5 % may come out as a little less.
  const gates = Math.abs(now - old) >= options.minEffect * Math.abs(old);
  return { verdict: named(factor, options.better), ratio: at, p: 0, gates: gates && isWorse(factor, options.better) };
}

/**
 * Samples with noise, taken in turns in one run. An effect is one when the whole confidence interval of the ratio lies beyond
 * 1 and the middle beyond the minimum effect; `same` when the whole interval lies within the minimum effect of 1.
 */
export function compareNoisy(before: readonly number[], after: readonly number[], options: CompareOptions): Comparison {
  const { better, minEffect, confidence = 0.99 } = options;
  const found = ratio(before, after, confidence);
  const p = mannWhitney(before, after);
  const apart = (found.low > 1 || found.high < 1) && p <= 1 - confidence;
  const large = Math.abs(found.mid - 1) >= minEffect;
  if (apart && large) {
    return { verdict: named(found.mid, better), ratio: found, p, gates: isWorse(found.mid, better) };
  }
  const within = found.low > 1 - minEffect && found.high < 1 + minEffect;
  return { verdict: within ? 'same' : 'inconclusive', ratio: found, p, gates: false };
}

function isWorse(factor: number, better: Direction): boolean {
  return better === 'lower' ? factor > 1 : better === 'higher' ? factor < 1 : false;
}

function named(factor: number, better: Direction): Comparison['verdict'] {
  if (better === 'neither') return 'changed';
  return isWorse(factor, better) ? 'worse' : 'better';
}
