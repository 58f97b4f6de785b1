import { describe, expect, it } from 'vitest';
import { noIommu, vtdStrictCounting } from '../../../harness/machines.js';
import { type CellRecord, type Metric, measureOfName } from '../../../src/model/index.js';
import { countsOf, judgePairs, movedCounts, pairRuns } from '../../../src/perf/index.js';
import type { Cell } from '../../../src/workloads/index.js';

const cells = [
  { id: 'icount/a', machine: vtdStrictCounting },
  { id: 'wall/b', machine: noIommu },
] as Cell[];
const metric = (name: string, value: number, more: Partial<Metric> = {}): Metric => ({
  ...measureOfName(name),
  unit: 'insn',
  value,
  better: 'lower',
  ...more,
});
const record = (id: string, ...metrics: Metric[]) => ({ id, verdict: 'pass', metrics }) as CellRecord;
const run = (map: number, ratio: number[]) => [
  record('icount/a', metric('4k 1 MiB map', map), metric('PRP entries', 256, { better: 'neither' })),
  record('wall/b', metric('IOPS', ratio[0] ?? 0, { better: 'higher', samples: ratio })),
];

describe('runs of the same cells', () => {
  it('have the same counts, or what moved is named', () => {
    expect(movedCounts(cells, [run(100, [1]), run(100, [2])])).toEqual([]);
    expect(movedCounts(cells, [run(100, [1]), run(101, [1]), run(100, [1])])).toEqual([
      { name: 'icount/a 4k 1 MiB map', unit: 'insn', values: [100, 101, 100] },
    ]);
    expect(countsOf(cells, run(100, [1]))).toBe(2);
  });

  it('do not agree about a count that one of them has not', () => {
    const broken = run(100, [1]).map((one) => ({ ...one, verdict: 'fail' as const }));
    expect(movedCounts(cells, [run(100, [1]), broken]).map(({ values }) => values)).toContainEqual([100, undefined]);
  });

  it('are compared side by side, counts as counts and timings as timings', () => {
    const ratios = [1, 1.01, 0.99, 1.02, 0.98, 1, 1.01];
    const pairs = pairRuns(
      cells,
      [run(100, ratios)],
      [
        run(
          101,
          ratios.map((one) => one * 0.8),
        ),
      ],
    );
    expect(pairs.map(({ name, kind, before }) => [name, kind, before.length])).toEqual([
      ['icount/a 4k 1 MiB map', 'exact', 1],
      ['wall/b IOPS', 'noisy', 7],
    ]);
    expect(judgePairs(pairs).map(({ comparison }) => [comparison.verdict, comparison.gates])).toEqual([
      ['worse', true],
      ['worse', true],
    ]);
  });
});
