/** Several runs of the same cells held against each other: what moved that must not, and what another source changed. Pure. */

import { type CellRecord, type Metric, measureName, seriesKind } from '../model/index.js';
import type { Cell } from '../workloads/index.js';
import type { Pair } from './gate.js';

/** A count that was not the same in every run. */
export interface Moved {
  name: string;
  unit: string;
  /** By run; `undefined` where the cell did not pass or did not say. */
  values: (number | undefined)[];
}

interface Measured {
  cell: string;
  name: string;
  kind: Pair['kind'];
  metric: Metric;
  /** By run. */
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

/** What was counted, and differs between runs or was not there in one of them. */
export function movedCounts(cells: readonly Cell[], runs: readonly (readonly CellRecord[])[]): Moved[] {
  return [...measurements(cells, runs)].flatMap(({ name, kind, metric, samples }) => {
    const values = samples.map((one) => one?.[0]);
    const same = values.every((value) => value === values[0]);
    return kind === 'exact' && !same ? [{ name, unit: metric.unit, values }] : [];
  });
}

/** How many counts there are. */
export function countsOf(cells: readonly Cell[], run: readonly CellRecord[]): number {
  return [...measurements(cells, [run])].filter(({ kind }) => kind === 'exact').length;
}

/** The runs of one side against those of the other; what only one of them measured is left out. */
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
