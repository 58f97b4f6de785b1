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
  const ids = new Map<string, number>();
  const pairsOf = items.map((values, index) =>
    [...pairs(values), ...(also?.(index) ?? [])].map((pair) => {
      const id = ids.get(pair) ?? ids.size;
      ids.set(pair, id);
      return id;
    }),
  );
  const open = new Uint8Array(ids.size).fill(1);
  const gain = pairsOf.map((list) => list.length);
  const places = items.map((_, index) => setUp?.(index));
  const standing = new Set<string | undefined>([undefined, ...there]);
  const chosen = new Set<number>();
  let left = ids.size;
  const take = (index: number) => {
    chosen.add(index);
    standing.add(places[index]);
    for (const id of pairsOf[index] ?? []) {
      left -= open[id] ?? 0;
      open[id] = 0;
    }
  };
  while (left > 0) {
    let best = -1;
    let most = 0;
    for (let index = 0; index < items.length; index++) {
      const cost = standing.has(places[index]) ? 1 : 1 + SET_UP;
      // Gains only shrink, so an old one is a bound: most items need not be counted again.
      if ((gain[index] ?? 0) / cost <= most) continue;
      const now = (pairsOf[index] ?? []).reduce((sum, id) => sum + (open[id] ?? 0), 0);
      gain[index] = now;
      if (now / cost > most) [best, most] = [index, now / cost];
    }
    take(best);
  }
  return [...chosen].sort((a, b) => a - b);
}

function pairs(values: Values): string[] {
  return values.flatMap((a, i) => values.slice(i + 1).map((b, k) => `${i}\u0000${a}\u0000${i + 1 + k}\u0000${b}`));
}
