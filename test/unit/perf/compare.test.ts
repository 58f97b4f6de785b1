import { describe, expect, it } from 'vitest';
import { compareExact, compareNoisy, mannWhitney, ratio } from '../../../src/perf/index.js';
import { timings } from './noise.js';

const lower = { better: 'lower', minEffect: 0.005 } as const;

/** The definition itself: the share of all ways to pick the first sample whose U is as far from the middle. */
function byEnumeration(a: readonly number[], b: readonly number[]): number {
  const all = [...a, ...b];
  const u = (picked: number[]) => {
    const rest = all.filter((_, i) => !picked.includes(i));
    return picked.reduce((sum, i) => sum + rest.filter((value) => value < (all[i] ?? 0)).length, 0);
  };
  const far = (value: number) => Math.abs(value - (a.length * b.length) / 2);
  const observed = far(u(a.map((_, i) => i)));
  const picks = (from: number, count: number): number[][] =>
    count === 0
      ? [[]]
      : Array.from({ length: all.length - from }, (_, i) => from + i).flatMap((first) =>
          picks(first + 1, count - 1).map((rest) => [first, ...rest]),
        );
  const ways = picks(0, a.length);
  return ways.filter((picked) => far(u(picked)) >= observed).length / ways.length;
}

describe('the rank test', () => {
  it.each([
    [
      [1, 2, 3],
      [4, 5, 6],
    ],
    [
      [1, 5, 3, 9],
      [2, 4, 8, 7, 6],
    ],
    [
      [10, 11, 12, 13, 1],
      [2, 3, 4, 5, 14],
    ],
  ])('is exact for %j and %j', (a, b) => {
    expect(mannWhitney(a, b)).toBeCloseTo(byEnumeration(a, b), 12);
  });

  it('agrees with itself where it changes from exact to normal', () => {
    const a = timings(1, 25);
    const b = timings(2, 25, 1.02);
    const more = mannWhitney([...a, 101.5], [...b, 101.6]);
    expect(Math.abs(mannWhitney(a, b) - more)).toBeLessThan(0.03);
  });

  it('says nothing of nothing, and of values that are all alike', () => {
    expect(mannWhitney([], [1])).toBe(1);
    expect(mannWhitney([3, 3, 3], [3, 3, 3])).toBe(1);
  });

  it('holds the ratio in its interval as often as it says', () => {
    let held = 0;
    for (let seed = 0; seed < 500; seed++) {
      const { low, high } = ratio(timings(seed, 12), timings(seed + 10_000, 12, 1.07), 0.95) ?? { low: NaN, high: NaN };
      if (low <= 1.07 && 1.07 <= high) held++;
    }
    expect(held / 500).toBeGreaterThan(0.93);
    expect(held / 500).toBeLessThan(0.985);
  });
});

describe('exact series', () => {
  it('any change is one, and gates from the minimum effect on, in the bad direction', () => {
    expect(compareExact([1000, 1000], [1000], lower)).toMatchObject({ verdict: 'same', gates: false });
    expect(compareExact([1000], [1001], lower)).toMatchObject({ verdict: 'worse', gates: false });
    expect(compareExact([1000], [1005], lower)).toMatchObject({ verdict: 'worse', gates: true });
    expect(compareExact([1000], [900], lower)).toMatchObject({ verdict: 'better', gates: false });
    expect(compareExact([1000], [900], { ...lower, better: 'neither' })).toMatchObject({ verdict: 'changed' });
  });

  it('that is not exact, or not there, says nothing', () => {
    expect(compareExact([1000, 1001], [1001], lower).verdict).toBe('inconclusive');
    expect(compareExact([], [1001], lower).verdict).toBe('inconclusive');
  });
});

/** The rates that the documentation states; 20 samples a side, a minimum effect of 3 %. */
describe('noisy series', () => {
  const runs = 400;
  const options = { better: 'lower', minEffect: 0.03 } as const;
  const verdicts = (factor: number, samples = 20) => {
    const count = { worse: 0, better: 0, same: 0, changed: 0, inconclusive: 0 };
    for (let seed = 0; seed < runs; seed++) {
      count[compareNoisy(timings(seed, samples), timings(seed + 50_000, samples, factor), options).verdict]++;
    }
    return count;
  };

  it('A against A raises an alarm in less than 1 % of runs', () => {
    const { worse, better } = verdicts(1);
    expect((worse + better) / runs).toBeLessThan(0.01);
  });

  it('a shift of 5 % is missed in less than 12 %, one of 10 % never', () => {
    expect(verdicts(1.05).worse / runs).toBeGreaterThan(0.88);
    expect(verdicts(1.1).worse).toBe(runs);
    expect(verdicts(0.9).better).toBe(runs);
  });

  it('a shift is never called the same', () => {
    expect(verdicts(1.05, 40).same / runs).toBeLessThan(0.01);
  });

  it('too few samples say nothing', () => {
    expect(verdicts(1.1, 3).inconclusive).toBe(runs);
  });
});
