/**
 * Choosing few cells that still show every pair of values together: most defects need two conditions to meet, few need three.
 */

/** The positions of an item's values, one a dimension. */
export type Values = readonly string[];

export interface PairwiseOptions {
  /** What else has to be shown of an item. */
  also?: (index: number) => readonly string[];
  /** What has to be set up for an item, and serves all others that need the same. */
  setUp?: (index: number) => string;
  /** What is set up in any case. */
  there?: ReadonlySet<string>;
}

/** What setting up costs, in items. */
const SET_UP = 0.5;

/**
 * The items (by index, in their order) that together hold every pair of values that any item holds, and each word that `also` says
 * of some item. Greedy: each step takes the item that shows most for what it costs, the earliest of equals, so that the choice is
 * stable.
 */
export function pairwise(items: readonly Values[], { also, setUp, there = new Set() }: PairwiseOptions = {}): number[] {
  const { shown, starts, open } = pairs(items, also);
  const gain = items.map((_, index) => at(starts, index + 1) - at(starts, index));
  const places = items.map((_, index) => setUp?.(index));
  const standing = new Set<string | undefined>([undefined, ...there]);
  const chosen = new Set<number>();
  let left = open.reduce((sum, one) => sum + one, 0);
  const take = (index: number) => {
    chosen.add(index);
    standing.add(places[index]);
    for (let i = at(starts, index); i < at(starts, index + 1); i++) {
      const one = at(shown, i);
      left -= at(open, one);
      open[one] = 0;
    }
  };
  while (left > 0) {
    let best = -1;
    let most = 0;
    for (let index = 0; index < items.length; index++) {
      // Gains only shrink, so an old one is a bound: most items need not be counted again.
      if (at(gain, index) <= most) continue;
      const cost = standing.has(places[index]) ? 1 : 1 + SET_UP;
      if (at(gain, index) / cost <= most) continue;
      let now = 0;
      for (let i = at(starts, index); i < at(starts, index + 1); i++) now += at(open, at(shown, i));
      gain[index] = now;
      if (now / cost > most) [best, most] = [index, now / cost];
    }
    take(best);
  }
  return [...chosen].sort((a, b) => a - b);
}

/**
 * What the items show, as numbers: of a value and another one, or of a word. A matrix has half a million, so they are in one array;
 * those of an item end where those of the next start. `open`: which of the numbers any item shows.
 */
function pairs(items: readonly Values[], also: PairwiseOptions['also']) {
  const dimensions: Map<string, number>[] = [];
  let all = 0;
  const numbered = items.map((item) =>
    item.map((value, i) => {
      dimensions[i] ??= new Map();
      const number = dimensions[i].get(value) ?? all++;
      dimensions[i].set(value, number);
      return number;
    }),
  );
  const words = new Map<string, number>();
  const said = items.map((_, index) =>
    (also?.(index) ?? []).map((word) => {
      const number = words.get(word) ?? words.size;
      words.set(word, number);
      return number;
    }),
  );
  const counts = numbered.map(({ length }, index) => (length * (length - 1)) / 2 + (said[index]?.length ?? 0));
  const starts = new Uint32Array(items.length + 1);
  for (const [index, count] of counts.entries()) starts[index + 1] = at(starts, index) + count;
  const shown = new Uint32Array(at(starts, items.length));
  let end = 0;
  for (const [index, item] of numbered.entries()) {
    for (let i = 0; i < item.length; i++)
      for (let k = i + 1; k < item.length; k++) shown[end++] = at(item, i) * all + at(item, k);
    for (const word of said[index] ?? []) shown[end++] = all * all + word;
  }
  const open = new Uint8Array(all * all + words.size);
  for (const one of shown) open[one] = 1;
  return { shown, starts, open };
}

/** Of a list that has as many. */
function at(list: ArrayLike<number>, index: number): number {
  return list[index] ?? 0;
}
