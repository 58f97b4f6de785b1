import { describe, expect, it } from 'vitest';
import { formatAbout, formatElapsed } from '../../../src/report/format.js';
import { timeLeft } from '../../../src/report/time-left.js';
import { NOTHING_EARLIER } from '../../../src/results/index.js';

const ended = (...times: number[]) => times.map((ms, at) => ({ id: `done${at}`, ms }));

describe('the time left', () => {
  it('is not said before anybody can know', () => {
    expect(timeLeft([], ['a', 'b'], 0, NOTHING_EARLIER)).toBeUndefined();
    expect(timeLeft(ended(1000), ['a'], 1000, NOTHING_EARLIER)).toBeUndefined();
    expect(timeLeft(ended(1000, 1000), [], 2000, NOTHING_EARLIER)).toBeUndefined();
    expect(timeLeft(ended(0, 0), ['a'], 2000, NOTHING_EARLIER)).toBeUndefined();
  });

  it('is as the cells that have ended: what passed for them, boots too, will pass for each of the others', () => {
    expect(timeLeft(ended(1000, 3000), ['a', 'b', 'c'], 8000, NOTHING_EARLIER)).toBe(12_000);
  });

  it('knows from earlier runs which cells are long', () => {
    const durations = new Map([
      ['done0', 1000],
      ['done1', 1000],
      ['long', 30_000],
    ]);
    const earlier = { durations, pace: undefined };
    expect(timeLeft(ended(2000, 2000), ['long'], 4000, earlier)).toBe(60_000);
    expect(timeLeft(ended(2000, 2000), ['long'], 2000, earlier)).toBe(30_000);
  });

  it('is known from the beginning where all cells have been run before, and corrected by what is seen', () => {
    const durations = new Map(['a', 'b', 'c'].map((id) => [id, 20_000]));
    const earlier = { durations, pace: 1.5 };
    expect(timeLeft([], ['a', 'b', 'c'], 0, earlier)).toBe(90_000);
    const slower = timeLeft([{ id: 'a', ms: 40_000 }], ['b', 'c'], 60_000, earlier) ?? 0;
    expect(slower).toBeGreaterThan(60_000);
    expect(slower).toBeLessThan(120_000);
  });

  it('takes the middle of what is known for a cell that nobody has run', () => {
    const earlier = { durations: new Map([['a', 10_000]]), pace: 1 };
    expect(timeLeft([], ['a', 'new'], 0, earlier)).toBe(20_000);
  });
});

it.each([
  [1_000, 'about 10 s'],
  [44_000, 'about 40 s'],
  [62_000, 'about 1 min'],
  [170_000, 'about 3 min'],
  [3_600_000, 'about 1 h'],
  [8_500_000, 'about 2 h 20 min'],
])('a guess of %i ms is %s', (ms, text) => expect(formatAbout(ms)).toBe(text));

it.each([
  [999, '0:00'],
  [62_000, '1:02'],
  [3_723_000, '1:02:03'],
])('%i ms have passed: %s', (ms, text) => expect(formatElapsed(ms)).toBe(text));
