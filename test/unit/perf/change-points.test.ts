import { describe, expect, it } from 'vitest';
import { changePoints } from '../../../src/perf/index.js';
import { timings } from './noise.js';

const shifted = (seed: number, before: number, after: number, factor: number) => [
  ...timings(seed, before),
  ...timings(seed + 50_000, after, factor),
];

describe('change points', () => {
  it('finds two shifts where they are, and says what they changed', () => {
    const series = [...timings(1, 30), ...timings(2, 30, 1.1), ...timings(3, 30, 0.95)];
    const found = changePoints(series);
    expect(found.map(({ at }) => at)).toEqual([30, 60]);
    const [up] = found;
    expect((up?.after ?? 0) / (up?.before ?? 1)).toBeCloseTo(1.1, 1);
  });

  it('sees a step of an exact series at once', () => {
    const series = [...Array.from({ length: 10 }, () => 1000), ...Array.from({ length: 6 }, () => 1010)];
    expect(changePoints(series).map(({ at }) => at)).toEqual([10]);
  });

  it('is silent about a constant, about noise, and about what is too short', () => {
    expect(changePoints(Array.from({ length: 50 }, () => 7))).toEqual([]);
    expect(changePoints([1, 1, 1, 9, 9, 9])).toEqual([]);
    let alarms = 0;
    for (let seed = 0; seed < 200; seed++) alarms += changePoints(timings(seed, 60), { seed }).length;
    expect(alarms / 200).toBeLessThan(0.02);
  });

  it('finds a shift of 5 % in 60 values four times in five', () => {
    let hits = 0;
    for (let seed = 0; seed < 200; seed++)
      hits += changePoints(shifted(seed, 30, 30, 1.05), { seed }).length > 0 ? 1 : 0;
    expect(hits / 200).toBeGreaterThan(0.8);
  });

  it('gives the same answer each time', () => {
    const series = shifted(4, 40, 40, 1.04);
    expect(changePoints(series)).toEqual(changePoints(series));
  });
});
