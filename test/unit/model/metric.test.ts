import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type Measure, Metric, measureName, measureOfName, projectRoot } from '../../../src/model/index.js';
import { kinds } from '../../../src/workloads/index.js';
import { metricsOf } from '../../../src/workloads/shared/figures.js';

const SUBJECTS: Record<string, Omit<Measure, 'what' | 'phase'>[]> = {
  'map-cost': [{}, { layout: '4k', size_kib: 4 }, { layout: 'mixed-list', size_kib: 1154 * 1024 }],
  'io-cost': [
    { op: 'read', size_kib: 4 },
    { op: 'write', size_kib: 1024 },
  ],
  throughput: [{ load: 'r4k-1' }],
  'user-cost': [
    { memory: '4k', size_kib: 64, via: 'type1' },
    { memory: 'dma-buf', layout: 'halves', via: 'sg' },
  ],
  vfio: [{ via: 'iommufd' }],
};

describe('a figure', () => {
  const made = kinds.flatMap(({ name, figures }) => {
    const figure = metricsOf<Record<string, { unit: string; better: 'lower' | 'higher' | 'neither' }>>(figures);
    return Object.keys(figures).flatMap((what) => (SUBJECTS[name] ?? [{}]).map((of) => figure(what, 1, of)));
  });

  it.each(made.map((metric) => [measureName(metric), metric] as const))(
    'of before metrics had fields is the same as now: %s',
    (name, metric) => {
      const { unit, value, better } = metric;
      expect(Metric.parse({ name, unit, value, better })).toEqual(metric);
    },
  );

  it('of a name that nobody knows is that', () => {
    expect(measureOfName('something else')).toEqual({ what: 'something else' });
    expect(Metric.safeParse({ unit: '', value: 1, better: 'lower' }).success).toBe(false);
  });

  it('has no name that anybody could take apart', () => {
    const cut = /\b(?:metricName|measureName|seriesName)\([^()]*\)\s*\.|\bmetric\.name\b/;
    const cutting = readdirSync(join(projectRoot, 'src'), { recursive: true, encoding: 'utf8' })
      .filter((file) => /\.(?:ts|js)$/.test(file))
      .filter((file) => cut.test(readFileSync(join(projectRoot, 'src', file), 'utf8')));
    expect(cutting).toEqual([]);
    expect('metric.name.split').toMatch(cut);
    expect("measureName(one).endsWith(' map')").toMatch(cut);
  });
});
