import { describe, expect, it } from 'vitest';
import { countOf } from '../../../src/model/index.js';
import { formatChange, formatRatio } from '../../../src/report/format.js';

describe('a change', () => {
  it.each([
    [100, 101, '+1.00 %'],
    [100, 99, '-1.00 %'],
    [100, 100, '0 %'],
    [0, 0, '0 %'],
    [10_000_000, 10_000_001, '+0.00001 %'],
    [1, 50_001, '+5,000,000.00 %'],
    [5, 0, '-100.00 %'],
    [0, 5, 'from 0'],
    [Number.NaN, 5, 'not a number'],
    [5, Number.POSITIVE_INFINITY, 'not a number'],
  ])('from %d to %d is %s', (before, after, text) => expect(formatChange(before, after)).toBe(text));
});

it.each([
  [0.9506, '0.951'],
  [1 / 0, '-'],
  [0 / 0, '-'],
  [undefined, '-'],
])('the ratio %d is %s', (ratio, text) => expect(formatRatio(ratio)).toBe(text));

it.each([
  [0, '0 runs'],
  [1, '1 run'],
  [1234, '1,234 runs'],
])('%d of them are %s', (count, text) => expect(countOf(count, 'run')).toBe(text));
