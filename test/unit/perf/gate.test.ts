import { describe, expect, it } from 'vitest';
import { judgePairs, type Pair } from '../../../src/perf/index.js';
import { timings } from './noise.js';

const exact = (name: string, before: number, after: number): Pair => ({
  cell: 'c',
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
    // Each a gate of its own: together they would ask more of each other.
    expect(pairs.flatMap((pair) => judgePairs([pair])).filter(({ comparison }) => comparison.gates)).toEqual([]);
  });

  describe('of many series of few rounds', () => {
    const seeds = (function* () {
      for (let seed = 0; ; seed++) yield seed;
    })();
    const series = (cell: string, what: string, factor = 1): Pair => ({
      ...exact(`${cell} ${what}`, 1, 1),
      cell,
      kind: 'noisy',
      before: timings(seeds.next().value ?? 0, 7).map((value) => value ** 3),
      after: timings(seeds.next().value ?? 0, 7).map((value) => factor * value ** 3),
    });
    const cell = (id: string) => Array.from({ length: 16 }, (_, i) => series(id, `series ${i}`));
    const alarms = (pairs: Pair[]) => judgePairs(pairs).filter(({ comparison }) => comparison.gates);

    it('stops for equal sources less than once in a hundred times', () => {
      const times = Array.from({ length: 300 }, () => alarms(cell('fio')).length).filter((count) => count > 0).length;
      expect(times).toBeLessThanOrEqual(3);
    });

    it('still finds what is twice as slow, beside other cells and what was measured once', () => {
      const once = Array.from(
        { length: 500 },
        (_, i): Pair => ({
          ...exact(`page ${i}`, 1, 2),
          cell: 'page',
          kind: 'noisy',
        }),
      );
      const pairs = [series('fio', 'slow', 2), ...cell('fio').slice(1), ...cell('other'), ...once];
      expect(alarms(pairs).map(({ name }) => name)).toEqual(['fio slow']);
    });
  });

  it('a single timing says nothing', () => {
    const [judged] = judgePairs([{ ...exact('one', 100, 200), kind: 'noisy' }]);
    expect(judged?.comparison.verdict).toBe('inconclusive');
  });
});
