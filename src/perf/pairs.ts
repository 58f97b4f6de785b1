/** Pairs the series of two sides, and says why some have no counterpart. Pure. */
import { type Series, seriesName } from '../model/index.js';
import type { Pair } from './gate.js';

/** A series with its values from all runs of one side. */
export interface Side {
  series: Series;
  values: readonly number[];
}

/** By the key of the series. */
export type Sides = ReadonlyMap<string, Side>;

/** Series without a counterpart, by reason. */
export interface Unpaired {
  why: string;
  count: number;
}

/**
 * @param others series with the same names as those that `before` lacks, to find out what differs
 */
export function pairSeries(
  before: Sides,
  after: Sides,
  others: Iterable<Series> = [],
): { pairs: Pair[]; unpaired: Unpaired[] } {
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
  for (const { series } of before.values()) if (!names.has(seriesName(series))) why.push('measured only before');
  const reasons = [...new Set(why)].map((one) => ({ why: one, count: why.filter((other) => other === one).length }));
  return { pairs, unpaired: reasons.sort((a, b) => b.count - a.count) };
}

/** What distinguishes two series of the same name. */
function difference(before: Series | undefined, after: Series): string {
  if (before === undefined) return 'never measured before';
  const changed = <K extends keyof Series>(key: K) => before[key] !== after[key];
  if (changed('kernel')) return `Linux ${before.kernel} before, ${after.kernel} now`;
  if (changed('kernel_key')) return 'another build of the kernel';
  if (changed('qemu')) return `QEMU ${before.qemu} before, ${after.qemu} now`;
  if (changed('qemu_key')) return 'another build of QEMU';
  if (changed('accelerator')) return `${before.accelerator} before, ${after.accelerator} now`;
  return changed('declared') ? 'the cell has another declaration' : 'measured in another way';
}
