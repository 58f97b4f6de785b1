/**
 * Pairwise coverage: chooses few items that contain every pair of values. Most defects need two conditions at once, few need three.
 */

/** The positions of an item's values, one a dimension. */
export type Values = readonly string[];

export interface PairwiseOptions {
  /** What else an item covers. */
  also?: (index: number) => readonly string[];
  /** What must be set up for an item. Other items can share it. */
  setUp?: (index: number) => string;
  /** What is set up anyway. */
  there?: ReadonlySet<string>;
}

/** The cost of setting up, in items. */
const SET_UP = 0.5;

/**
 * The items (by index, in their order) that together hold every pair of values that any item holds, and each word that `also` says
 * of some item. Greedy: each step takes the item that shows most for what it costs, the earliest of equals, so that the choice is
 * stable.
 *
 * `list ci` spends a third of its time here. So: small functions and loops by index, which are fast before they are compiled; iterators of
 * typed arrays are not.
 */
export function pairwise(items: readonly Values[], { also, setUp, there = new Set() }: PairwiseOptions = {}): number[] {
  const { shown, starts, ends, open } = pairs(items, also);
  const places = new Numbers();
  const placeOf = Uint32Array.from(items, (_, index) => places.of(setUp?.(index) ?? ''));
  const cost = Float64Array.from(places, (place) => (place === '' || there.has(place) ? 1 : 1 + SET_UP));
  /** How much of what the item covers is not covered yet. The rest is dropped. */
  const gainOf = (index: number): number => {
    const start = starts[index] ?? 0;
    const end = ends[index] ?? 0;
    let kept = start;
    for (let i = start; i < end; i++) {
      const one = shown[i] ?? 0;
      if (open[one] === 1) shown[kept++] = one;
    }
    ends[index] = kept;
    return kept - start;
  };
  const best = (): number => {
    let found = -1;
    let most = 0;
    for (let index = 0; index < items.length; index++) {
      const costs = cost[placeOf[index] ?? 0] ?? 1;
      // The gain of an item only shrinks, so most items need not be evaluated again.
      if (((ends[index] ?? 0) - (starts[index] ?? 0)) / costs <= most) continue;
      const gain = gainOf(index) / costs;
      if (gain <= most) continue;
      found = index;
      most = gain;
    }
    return found;
  };
  const chosen: number[] = [];
  for (let index = best(); index >= 0; index = best()) {
    chosen.push(index);
    cost[placeOf[index] ?? 0] = 1;
    for (let i = starts[index] ?? 0; i < (ends[index] ?? 0); i++) open[shown[i] ?? 0] = 0;
  }
  return chosen.sort((a, b) => a - b);
}

/**
 * What the items show, as numbers: of a value and another one, or of a word. A matrix has half a million, so they are in one array;
 * those of an item end where those of the next start. `open`: which of the numbers any item shows.
 */
function pairs(items: readonly Values[], also: PairwiseOptions['also']) {
  const words = new Numbers();
  const said = items.map((_, index) => also?.(index).map((word) => words.of(word)) ?? []);
  const starts = new Uint32Array(items.length + 1);
  for (let index = 0; index < items.length; index++) {
    const length = items[index]?.length ?? 0;
    starts[index + 1] = (starts[index] ?? 0) + (length * (length - 1)) / 2 + (said[index]?.length ?? 0);
  }
  const shown = new Uint32Array(starts[items.length] ?? 0);
  const { numbered, count } = numberValues(items);
  const open = new Uint8Array(count * count + words.size);
  let end = 0;
  for (let index = 0; index < items.length; index++) {
    const item = numbered[index] ?? [];
    for (let i = 1; i < item.length; i++) {
      const row = (item[i] ?? 0) * count;
      for (let k = 0; k < i; k++) shown[end++] = row + (item[k] ?? 0);
    }
    for (const word of said[index] ?? []) shown[end++] = count * count + word;
  }
  for (let i = 0; i < end; i++) open[shown[i] ?? 0] = 1;
  return { shown, starts, ends: starts.slice(1), open };
}

/** The values as numbers. The same word in two dimensions makes two values. */
function numberValues(items: readonly Values[]) {
  const dimensions: Map<string, number>[] = [];
  let count = 0;
  const numbered = items.map((item) =>
    item.map((value, i) => {
      dimensions[i] ??= new Map();
      let number = dimensions[i].get(value);
      if (number === undefined) {
        number = count++;
        dimensions[i].set(value, number);
      }
      return number;
    }),
  );
  return { numbered, count };
}

/** Numbers the words in order of their first appearance. */
class Numbers {
  readonly #numbers = new Map<string, number>();

  of(word: string): number {
    let number = this.#numbers.get(word);
    if (number === undefined) {
      number = this.#numbers.size;
      this.#numbers.set(word, number);
    }
    return number;
  }

  get size(): number {
    return this.#numbers.size;
  }

  [Symbol.iterator]() {
    return this.#numbers.keys();
  }
}
