import { describe, expect, it } from 'vitest';
import { judgePairs, type Pair } from '../../../src/perf/index.js';
import { timings } from './noise.js';

const exact = (name: string, before: number, after: number): Pair => ({
  name,
  kind: 'exact',
  better: 'lower',
  unit: 'insn',
  before: [before],
  after: [after],
});

describe('the gate', () => {
  it('names a count that grew by 1 %, and stops at nothing else', () => {
    const judged = judgePairs([
      exact('same', 100_000, 100_000),
      exact('a little', 100_000, 100_100),
      exact('better', 100_000, 90_000),
      exact('slower', 100_000, 101_000),
    ]);
    expect(judged.map(({ name }) => name)).toEqual(['slower', 'a little', 'better', 'same']);
    expect(judged.filter(({ comparison }) => comparison.gates).map(({ name }) => name)).toEqual(['slower']);
  });

  it('twenty A/A runs raise no alarm', () => {
    const pairs = Array.from(
      { length: 20 },
      (_, seed): Pair => ({
        ...exact(`run ${seed}`, 1, 1),
        kind: 'noisy',
        before: timings(seed, 20),
        after: timings(seed + 1000, 20),
      }),
    );
    expect(judgePairs(pairs).filter(({ comparison }) => comparison.gates)).toEqual([]);
  });

  it('stops for equal sources less than once in a hundred times, with many series of few rounds', () => {
    let seed = 0;
    const series = (): Pair => ({
      ...exact(`series ${seed}`, 1, 1),
      kind: 'noisy',
      before: timings(seed++, 7).map((value) => value ** 3),
      after: timings(seed++, 7).map((value) => value ** 3),
    });
    const alarm = () => judgePairs(Array.from({ length: 16 }, series)).some(({ comparison }) => comparison.gates);
    expect(Array.from({ length: 300 }, alarm).filter(Boolean).length).toBeLessThanOrEqual(3);
  });

  it('a single timing says nothing', () => {
    const [judged] = judgePairs([{ ...exact('one', 100, 200), kind: 'noisy' }]);
    expect(judged?.comparison.verdict).toBe('inconclusive');
  });
});
