import { describe, expect, it } from 'vitest';
import { type CellRecord, type Metric, measureOfName, partsOfId } from '../../../src/model/index.js';
import { benchTables } from '../../../src/report/index.js';

const record = (id: string, figures: Record<string, number>, more: Partial<Metric> = {}) =>
  ({
    ...partsOfId(id),
    kind: KINDS[partsOfId(id).workload],
    verdict: 'pass',
    metrics: Object.entries(figures).map(([name, value]) => ({
      ...measureOfName(name),
      unit: 'insn',
      value,
      better: 'lower',
      ...more,
    })),
  }) as unknown as CellRecord;
const KINDS: Record<string, string> = { 'bench-map': 'map-cost', 'bench-io': 'io-cost', 'bench-fio': 'throughput' };
const phases = (point: string, map: number) => ({
  [`${point} build`]: 1,
  [`${point} map`]: map,
  [`${point} consume`]: 10,
  [`${point} unmap`]: 100,
  [`${point} bounces`]: 3,
});

describe('the tables of a bench', () => {
  const records = [
    record('m/t/bench-map/sg', { ...phases('4k 4 KiB', 1000), ...phases('2m 1 GiB', 5000) }),
    record('m/t/bench-map/page', phases('4k 4 KiB', 2000)),
    record('m/t/bench-io/nvme', { 'read 4 KiB whole': 7, 'read 4 KiB queue': 3 }),
    record('w/t/bench-fio/iter', { "r IOPS, of nvme's": 1.1 }, { unit: 'x', samples: [1.05, 1.1, 1.2] }),
  ];

  it('have a column a way and a dash where it was not measured', () => {
    expect(benchTables(records, {}).map((line) => line.split(/ {2,}/))).toEqual([
      [''],
      ['m/t/bench-map: build + map + consume + unmap, instructions'],
      ['', 'sg', 'page'],
      ['4k 4 KiB', '1,111', '2,111'],
      ['2m 1 GiB', '5,111', '-'],
      [''],
      ['m/t/bench-io: instructions per I/O, queue_rq() and completion'],
      ['', 'nvme'],
      ['read 4 KiB', '7'],
      [''],
      [expect.stringContaining('the times are emulated')],
      ['', 'iter'],
      ["r IOPS, of nvme's", '1.100 (1.050 to 1.200)'],
    ]);
  });

  it('show phases apart, and counts, when asked', () => {
    const text = benchTables(records, { phases: true, counts: true }).join('\n');
    expect(text).toMatch(/bench-map: map, instructions\n.*\n4k 4 KiB +1,000 +2,000/);
    expect(text).toMatch(/bench-map: bounces\n.*\n4k 4 KiB +3 +3/);
    expect(text).not.toContain('allocations');
  });

  it('leave out what did not pass', () => {
    expect(
      benchTables(
        records.map((one) => ({ ...one, verdict: 'fail' as const })),
        {},
      ),
    ).toEqual([]);
  });
});
