/** Compares several runs of the same cells: counts that differ although they must not, and what other sources changed. Pure. */

import { type CellRecord, type Metric, measureName, seriesKind } from '../model/index.js';
import type { Cell } from '../workloads/index.js';
import type { Pair } from './gate.js';

/** A count that differed between runs. */
export interface Moved {
  name: string;
  unit: string;
  /** One per run; `undefined` if the cell did not pass or did not report it. */
  values: (number | undefined)[];
}

interface Measured {
  cell: string;
  name: string;
  kind: Pair['kind'];
  metric: Metric;
  /** One per run. */
  samples: (readonly number[] | undefined)[];
}

function* measurements(cells: readonly Cell[], runs: readonly (readonly CellRecord[])[]): Generator<Measured> {
  const found: ReadonlyMap<string, { cell: string; metric: Metric }>[] = runs.map(
    (records) =>
      new Map(
        records
          .filter(({ verdict }) => verdict === 'pass')
          .flatMap(({ id: cell, metrics }) =>
            metrics.map((metric) => [`${cell} ${measureName(metric)}`, { cell, metric }] as const),
          ),
      ),
  );
  const kinds = new Map(cells.map((cell) => [cell.id, seriesKind(cell)] as const));
  const names = new Map(found.flatMap((metrics) => [...metrics]));
  for (const [name, { cell, metric }] of names) {
    const kind = kinds.get(cell);
    if (kind === undefined) continue;
    const samples = found.map((metrics) => {
      const one = metrics.get(name)?.metric;
      return one && (one.samples ?? [one.value]);
    });
    yield { cell, name, kind, metric, samples };
  }
}

/** The counts that differ between runs or are missing in one. */
export function movedCounts(cells: readonly Cell[], runs: readonly (readonly CellRecord[])[]): Moved[] {
  return [...measurements(cells, runs)].flatMap(({ name, kind, metric, samples }) => {
    const values = samples.map((one) => one?.[0]);
    const same = values.every((value) => value === values[0]);
    return kind === 'exact' && !same ? [{ name, unit: metric.unit, values }] : [];
  });
}

/** The number of counts. */
export function countsOf(cells: readonly Cell[], run: readonly CellRecord[]): number {
  return [...measurements(cells, [run])].filter(({ kind }) => kind === 'exact').length;
}

/** Pairs what both sides measured. */
export function pairRuns(
  cells: readonly Cell[],
  before: readonly (readonly CellRecord[])[],
  after: readonly (readonly CellRecord[])[],
): Pair[] {
  return [...measurements(cells, [...before, ...after])].flatMap(({ cell, name, kind, metric, samples }) => {
    const side = (from: number, to?: number) => samples.slice(from, to).flatMap((one) => one ?? []);
    const [old, now] = [side(0, before.length), side(before.length)];
    if (metric.better === 'neither' || old.length === 0 || now.length === 0) return [];
    return [{ cell, name, kind, better: metric.better, unit: metric.unit, before: old, after: now }];
  });
}
