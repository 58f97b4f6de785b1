/** Series of two sides held against each other, and why some of them cannot be. Pure. */
import { type Series, seriesName } from '../model/index.js';
import type { Pair } from './gate.js';

/** A series of one side with what was measured of it, in all the side's runs. */
export interface Side {
  series: Series;
  values: readonly number[];
}

/** By the key of the series. */
export type Sides = ReadonlyMap<string, Side>;

/** Series that only one side has. */
export interface Alone {
  why: string;
  count: number;
}

/**
 * @param others of what `before` does not have: the series of the same name, so that it can be said what is another
 */
export function pairSeries(
  before: Sides,
  after: Sides,
  others: Iterable<Series> = [],
): { pairs: Pair[]; alone: Alone[] } {
  const pairs: Pair[] = [];
  const why: string[] = [];
  const named = new Map(
    [...others, ...[...before.values()].map(({ series }) => series)].map((one) => [seriesName(one), one]),
  );
  for (const [key, { series, values }] of after) {
    const found = before.get(key);
    const { kind, better, unit } = series;
    if (found !== undefined)
      pairs.push({
        cell: series.cell,
        name: seriesName(series),
        kind,
        better,
        unit,
        before: found.values,
        after: values,
      });
    else why.push(difference(named.get(seriesName(series)), series));
  }
  const names = new Set([...after.values()].map(({ series }) => seriesName(series)));
  for (const { series } of before.values()) if (!names.has(seriesName(series))) why.push('measured before only');
  const reasons = [...new Set(why)].map((one) => ({ why: one, count: why.filter((other) => other === one).length }));
  return { pairs, alone: reasons.sort((a, b) => b.count - a.count) };
}

/** Why two series of one name are two. */
function difference(before: Series | undefined, after: Series): string {
  if (before === undefined) return 'never measured before';
  const changed = <K extends keyof Series>(key: K) => before[key] !== after[key];
  if (changed('kernel')) return `Linux ${before.kernel} before, ${after.kernel} now`;
  if (changed('kernel_key')) return 'another build of the kernel';
  if (changed('qemu')) return `QEMU ${before.qemu} before, ${after.qemu} now`;
  if (changed('qemu_key')) return 'another build of QEMU';
  if (changed('accelerator')) return `${before.accelerator} before, ${after.accelerator} now`;
  return changed('declared') ? 'the cell is declared otherwise' : 'measured otherwise';
}
