import { describe, expect, it } from 'vitest';
import { reachOf, stackedBar, strip, timeline } from '../../../../src/report/html/charts.js';

const numbers = (text: string, pattern: RegExp) => [...text.matchAll(pattern)].map(([, value]) => Number(value));

describe('a stacked bar', () => {
  const { text } = stackedBar(
    [
      { name: 'build', value: 10 },
      { name: '<b>', value: 30 },
    ],
    80,
  );
  it('puts its parts end to end, to the scale of all bars', () => {
    expect(numbers(text, / x="([\d.]+)%"/g)).toEqual([0, 12.5]);
    expect(numbers(text, / width="([\d.]+)%"/g)).toEqual([12.5, 37.5]);
  });
  it('names them, as text', () => {
    expect(text).toContain('<title>&#60;b&#62;: 30</title>');
  });
  it('is empty where nothing cost anything', () => {
    expect(numbers(stackedBar([{ name: 'map', value: 0 }], 0).text, / width="([\d.]+)%"/g)).toEqual([0]);
  });
});

describe('a strip', () => {
  const places = (ratios: number[]) => {
    const points = ratios.map((ratio) => ({ cell: 'c', ratio }));
    return numbers(strip(points, reachOf(ratios), true).text, / cx="([\d.]+)%"/g);
  };
  it('has 1 in the middle, and twice as far from it as half', () => {
    expect(places([1, 2, 0.5])).toEqual([50, 98, 2]);
  });
  it('has what cost nothing at its end, and everything inside', () => {
    expect(places([0, 1.01])[0]).toBe(2);
    expect(reachOf([0, 1])).toBe(1.1);
  });
});

describe('a timeline', () => {
  it('draws each step, larger values higher, and rings the run', () => {
    const { text } = timeline([5, 5, 10], [], 2);
    expect(numbers(text, / x2="([\d.]+)%"/g)).toEqual([50, 98]);
    expect(numbers(text, / y2="([\d.]+)"/g)).toEqual([44, 12]);
    expect(text).toMatch(/<circle class="now" cx="98%" cy="12"/);
  });
  it('marks a change by form as well as by colour', () => {
    const { text } = timeline(
      [5, 5, 10],
      [
        { at: 2, worse: true },
        { at: 1, worse: false },
        { at: 1, worse: undefined },
      ],
      2,
    );
    expect(text.match(/class="change (worse|better|changed)"/g)).toHaveLength(6);
    for (const sign of ['▲', '▼', '◆']) expect(text).toContain(sign);
  });
  it('is a level line for a count that never moved, and nothing for a run that is not there', () => {
    const { text } = timeline([7, 7], [], -1);
    expect(numbers(text, / y[12]="([\d.]+)"/g)).toEqual([28, 28]);
    expect(text).not.toContain('<circle');
    expect(text).not.toContain('NaN');
  });
});
