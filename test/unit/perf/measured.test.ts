import { describe, expect, it } from 'vitest';
import { type CellRecord, measureOfName, partsOfId, type Verdict } from '../../../src/model/index.js';
import { budgetRows, measuredBy } from '../../../src/perf/index.js';

const cell = (id: string, figures: Record<string, number>, verdict: Verdict = 'pass'): CellRecord => ({
  ...partsOfId(id),
  verdict,
  reason: '',
  oracles: [],
  metrics: Object.entries(figures).map(([name, value]) => ({
    ...measureOfName(name),
    unit: 'insn',
    value,
    better: 'lower',
  })),
  duration_ms: 1,
  repro: '',
});
const strict = (way: string, figures: Record<string, number>) =>
  cell(`vtd-strict-icount/switch/bench-map/${way}`, figures);
const costs = (map: number) => ({ '4k 1 MiB map': map, '4k 1 MiB unmap': 1 });
const ways = ['sg', 'iova', 'iter', 'raw', 'phyr8'].map((way, i) => strict(way, costs(100 + i)));

describe('the figures of the budgets', () => {
  it('are taken from the cells of a bench', () => {
    const rows = budgetRows(
      measuredBy([
        ...ways,
        strict('registered', { '4k 4 KiB map': 120, '4k 4 KiB unmap': 60, '4k 1 MiB map': 190, '4k 1 MiB unmap': 70 }),
        cell('vtd-pt-icount/switch/bench-map/phyr8', { '2m 1 GiB map': 89, '2m 1 GiB unmap': 13 }),
        cell('vtd-pt-icount/switch/bench-metadata/phyr8', { '2m 1154 MiB metadata': 4832 }),
        ...['nvme', 'iter', 'phyr8'].map((way, i) =>
          cell(`vtd-pt-icount/switch/bench-io/${way}`, { 'read 4 KiB queue': 1000 - i, 'read 4 KiB complete': 4000 }),
        ),
      ]),
    );
    expect(Object.fromEntries(rows.map(({ what, measured }) => [what, measured]))).toMatchObject({
      'identity, 1 GiB in chunks of 2 MiB: map + unmap': 102,
      'strict, 256 pages of 4 KiB: map': 104,
      'I/O on a registered list, strict': 260,
      '4 KiB read, passthrough: queue_rq + completion (nvme)': 4998,
      'metadata, 2 MiB, 295424 pages: bytes per page': 4832 / 295_424,
    });
    expect(rows.find(({ what }) => what.startsWith('strict, 256'))).toMatchObject({ kernel: 100, floor: 103 });
    expect(rows.find(({ what }) => what.startsWith('I/O on'))?.verdict).toBe('missed');
  });

  it('are left out where a cell is missing or did not pass', () => {
    expect(budgetRows(measuredBy([]))).toEqual([]);
    expect(budgetRows(measuredBy(ways.slice(1)))).toEqual([]);
    expect(budgetRows(measuredBy(ways.map((one) => ({ ...one, verdict: 'inconclusive' as const }))))).toEqual([]);
  });
});
