import { describe, expect, it } from 'vitest';
import { suites } from '../../../../harness/index.js';
import { chunks2m, chunks64k, fragmented } from '../../../../harness/layouts.js';
import { bounced, vtdStrict } from '../../../../harness/machines.js';
import { sizeName } from '../../../../src/model/index.js';
import { expand } from '../../../../src/plan/index.js';
import { costPlan } from '../../../../src/workloads/map-cost/cost-plan.js';
import { CostPoint, pointName } from '../../../../src/workloads/map-cost/points.js';

const point = (layout: CostPoint['layout'], kib: number): CostPoint => ({ layout, kib });

describe('what a cell can measure', () => {
  it('leaves out what bounce buffers cannot hold, and says why', () => {
    const points = [point(fragmented, 4096), point(chunks64k, 4096), point(chunks2m, 4096), point(chunks2m, 1 << 20)];
    const sizes = (backend: 'sg' | 'phyr8') => costPlan(bounced, backend, points).points.map(pointName);
    expect(sizes('sg')).toEqual(['4k 4 MiB', '64k 4 MiB']);
    expect(sizes('phyr8')).toEqual(['4k 4 MiB', '64k 4 MiB', '2m 4 MiB']);
    expect(costPlan(bounced, 'sg', points).left.map(({ why }) => why)).toEqual([
      expect.stringContaining('chunks longer than a bounce buffer'),
      expect.stringContaining('bounce buffers'),
    ]);
    expect(costPlan(vtdStrict, 'sg', points).left).toEqual([]);
  });

  it('measures page by page only what does not take minutes', () => {
    const plan = costPlan(vtdStrict, 'page', [point(chunks2m, 16 << 10), point(chunks2m, 128 << 10)]);
    expect(plan.points.map(pointName)).toEqual(['2m 16 MiB']);
  });

  it('refuses sizes that are no whole chunks', () => {
    expect(CostPoint.safeParse(point(chunks64k, 96)).error?.issues[0]?.message).toMatch(/multiple of 64 KiB/);
    expect(CostPoint.safeParse(point({ id: 'mix', chunks: [1, 7] }, 96)).success).toBe(true);
  });

  it('names sizes as a person would', () => {
    expect([4, 1024, 577 * 2048, 1 << 20].map(sizeName)).toEqual(['4 KiB', '1 MiB', '1154 MiB', '1 GiB']);
  });
});

describe('the suite bench', () => {
  const suite = suites.find(({ id }) => id === 'bench');
  const { cells, pruned } = expand(suite ?? { id: '', describe: '', blocks: [] }, 1);

  it('has every way on every kind of IOMMU', () => {
    const ways = (machine: string, workload: string) =>
      cells.filter(({ id }) => id.startsWith(`${machine}/switch/${workload}/`)).map(({ backend }) => backend);
    for (const machine of ['vtd-strict-icount', 'vtd-lazy-icount', 'vtd-sm1-icount'])
      expect(ways(machine, 'bench-map')).toEqual([
        ...['sg', 'iova', 'iter', 'raw', 'phyr16', 'phyr8', 'registered', 'page'],
      ]);
    for (const machine of ['no-iommu-icount', 'vtd-pt-icount', 'bounced-icount'])
      expect(ways(machine, 'bench-map')).toEqual(['sg', 'iova', 'iter', 'phyr16', 'phyr8', 'registered', 'page']);
    expect(ways('vtd-strict-icount', 'bench-io')).toEqual(['nvme', 'sg', 'iter', 'iova', 'phyr16', 'phyr8']);
  });

  it('prunes the floor where there is none', () => {
    expect(pruned.map(({ id }) => id)).toEqual([
      'no-iommu-icount/switch/bench-map/raw',
      'vtd-pt-icount/switch/bench-map/raw',
      'bounced-icount/switch/bench-map/raw',
    ]);
  });

  it('lets no other workload run by ways that only costs are measured of', () => {
    const [block] = suite?.blocks ?? [];
    if (block === undefined) throw new TypeError('no block');
    const crosscheck = { id: 'cross', kind: 'crosscheck', sizeKiB: 64 } as const;
    const other = { ...block, machines: [vtdStrict], workloads: [crosscheck] };
    const plan = expand({ id: 'x', describe: '', blocks: [{ ...other, backends: ['registered', 'nvme', 'sg'] }] }, 1);
    expect(plan.cells.map(({ backend }) => backend)).toEqual(['sg']);
    expect(plan.pruned[0]?.reason).toMatch(/phyr_nvme has no backend 'registered'/);
  });
});
