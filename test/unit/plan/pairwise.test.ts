import { describe, expect, it } from 'vitest';
import { pairwise, type Values } from '../../../src/plan/pairwise.js';

function product(...sizes: number[]): Values[] {
  return sizes.reduce<string[][]>(
    (all, size) => all.flatMap((values) => Array.from({ length: size }, (_, i) => [...values, String(i)])),
    [[]],
  );
}

function shown(items: readonly Values[]): Set<string> {
  return new Set(
    items.flatMap((values) => values.flatMap((a, i) => values.flatMap((b, k) => (i < k ? `${i}=${a} ${k}=${b}` : [])))),
  );
}

describe('pairwise', () => {
  it('shows every pair that any item shows, with far fewer items', () => {
    const items = product(6, 5, 4, 5);
    const chosen = pairwise(items).map((index) => items[index] ?? []);
    expect(shown(chosen)).toEqual(shown(items));
    // 30 is the least that two dimensions of 6 and 5 allow.
    expect(chosen.length).toBeGreaterThanOrEqual(30);
    expect(chosen.length).toBeLessThan(items.length / 10);
  });

  it('holds with holes in the product', () => {
    const items = product(5, 5, 5).filter((values) => (Number(values[0]) + Number(values[1])) % 3 !== 0);
    const chosen = pairwise(items).map((index) => items[index] ?? []);
    expect(shown(chosen)).toEqual(shown(items));
  });

  it('shows each further word of an item, too', () => {
    const items = product(3, 3, 3);
    expect(pairwise(items, { also: (index) => [`only ${index}`] })).toEqual(items.map((_, index) => index));
    const last = items.length - 1;
    const chosen = pairwise(items, { also: (index) => (index === last ? ['rare'] : []) });
    expect(chosen).toContain(last);
    expect(chosen.length).toBeLessThan(items.length / 2);
  });

  it('prefers what is set up for others already, or is there in any case', () => {
    const items = product(6, 5, 4, 5);
    const setUp = (index: number) => `${items[index]?.[0]} ${items[index]?.[1]} ${items[index]?.[2]}`;
    const places = (chosen: readonly number[]) => new Set(chosen.map(setUp)).size;
    const chosen = pairwise(items, { setUp });
    expect(shown(chosen.map((index) => items[index] ?? []))).toEqual(shown(items));
    expect(places(chosen)).toBeLessThan(places(pairwise(items)));
    const twins: Values[] = [
      ['a', 'x'],
      ['a', 'x'],
    ];
    expect(pairwise(twins, { setUp: String })).toEqual([0]);
    expect(pairwise(twins, { setUp: String, there: new Set(['1']) })).toEqual([1]);
  });

  it('takes nothing of nothing, and is the same each time', () => {
    expect(pairwise([])).toEqual([]);
    expect(pairwise(product(7, 6, 5))).toEqual(pairwise(product(7, 6, 5)));
  });
});
