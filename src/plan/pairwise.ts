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
  const places = items.map((_, index) => setUp?.(index));
  const standing = new Set<string | undefined>([undefined, ...there]);
  const gain = starts.map((start, index) => (starts[index + 1] ?? start) - start);
  const chosen: number[] = [];
  let left = 0;
  for (const one of open) left += one;
  while (left > 0) {
    let best = -1;
    let most = 0;
    for (let index = 0; index < items.length; index++) {
      // Gains only shrink, so an old one is a bound: most items need not be counted again.
      const bound = gain[index] ?? 0;
      if (bound <= most) continue;
      const cost = standing.has(places[index]) ? 1 : 1 + SET_UP;
      if (bound / cost <= most) continue;
      const end = starts[index + 1] ?? 0;
      let now = 0;
      for (let i = starts[index] ?? 0; i < end; i++) now += open[shown[i] ?? 0] ?? 0;
      gain[index] = now;
      if (now / cost > most) [best, most] = [index, now / cost];
    }
    chosen.push(best);
    standing.add(places[best]);
    for (const one of shown.subarray(starts[best], starts[best + 1])) {
      left -= open[one] ?? 0;
      open[one] = 0;
    }
  }
  return chosen.sort((a, b) => a - b);
}

/**
 * What the items show, as numbers: of a value and another one, or of a word. A matrix has half a million, so they are in one array;
 * those of an item end where those of the next start. `open`: which of the numbers any item shows.
 */
function pairs(items: readonly Values[], also: PairwiseOptions['also']) {
  const dimensions: Map<string, number>[] = [];
  let values = 0;
  const numbered = items.map((item) =>
    item.map((value, i) => {
      dimensions[i] ??= new Map();
      const number = dimensions[i].get(value) ?? values++;
      dimensions[i].set(value, number);
      return number;
    }),
  );
  const words = new Map<string, number>();
  const said = items.map((_, index) => also?.(index) ?? []);
  for (const word of said.flat()) if (!words.has(word)) words.set(word, words.size);
  const starts = new Uint32Array(items.length + 1);
  for (const [index, { length }] of items.entries())
    starts[index + 1] = (starts[index] ?? 0) + (length * (length - 1)) / 2 + (said[index]?.length ?? 0);
  const shown = new Uint32Array(starts[items.length] ?? 0);
  const open = new Uint8Array(values * values + words.size);
  let end = 0;
  const show = (number: number) => {
    shown[end++] = number;
    open[number] = 1;
  };
  for (const [index, item] of numbered.entries()) {
    for (let i = 0; i < item.length; i++)
      for (let k = i + 1; k < item.length; k++) show((item[i] ?? 0) * values + (item[k] ?? 0));
    for (const word of said[index] ?? []) show(values * values + (words.get(word) ?? 0));
  }
  return { shown, starts, open };
}
