import { describe, expect, it } from 'vitest';
import type { Series } from '../../../src/model/index.js';
import { pairSeries, type Sides } from '../../../src/perf/index.js';
import { series } from '../series.js';

const side = (...all: Series[]): Sides =>
  new Map(all.map((one) => [JSON.stringify(one), { series: one, values: [1] }]));

describe('series of two sides', () => {
  it('are paired if all that could move them is the same', () => {
    const { pairs, unpaired } = pairSeries(side(series()), side(series()));
    expect(pairs.map(({ name }) => name)).toEqual(['vtd-strict-icount/switch/map-cost/phyr8 map']);
    expect(unpaired).toEqual([]);
  });

  it.each([
    [{ kernel: '7.2', kernel_key: 'k0' }, 'Linux 7.2 before, 7.3.4 now'],
    [{ kernel_key: 'k0' }, 'another build of the kernel'],
    [{ qemu: '10', qemu_key: 'q0' }, 'QEMU 10 before, 11.1.3 now'],
    [{ qemu_key: 'q0' }, 'another build of QEMU'],
    [{ accelerator: 'kvm' }, 'kvm before, tcg now'],
    [{ declared: 'd0' }, 'the cell has another declaration'],
    [{ unit: 'ns' }, 'measured in another way'],
  ] as const)('of one name are told apart: %j', (before, why) => {
    expect(pairSeries(side(series(before)), side(series()))).toEqual({ pairs: [], unpaired: [{ why, count: 1 }] });
    expect(pairSeries(side(), side(series()), [series(before)]).unpaired).toEqual([{ why, count: 1 }]);
  });

  it('that one side lacks are counted, those of most first', () => {
    const [a, b, c] = ['a', 'b', 'c'].map((metric) => series({ phase: metric })) as [Series, Series, Series];
    expect(pairSeries(side(c), side(a, b)).unpaired).toEqual([
      { why: 'never measured before', count: 2 },
      { why: 'measured only before', count: 1 },
    ]);
  });
});
