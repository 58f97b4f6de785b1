import { describe, expect, it } from 'vitest';
import { type CellRecord, measureOfName } from '../../../src/model/index.js';
import { instructionCosts, ratiosToSg } from '../../../src/report/costs.js';
import { cellRecord } from '../run-result.js';

const insn = (name: string, value: number) => ({
  ...measureOfName(name),
  unit: 'insn',
  value,
  better: 'lower' as const,
});
const costs = (id: string, map: number, change: Partial<CellRecord> = {}) =>
  cellRecord({ id, metrics: [insn('unmap', 2), insn('map', map), insn('build', 1)], ...change });

describe('instructions', () => {
  it("puts the kernel's paths beside ours, in the order of the phases, as ratios to sg", () => {
    const [group, ...others] = instructionCosts([
      costs('m/t/map-cost/phyr8', 7),
      costs('m/t/map-cost/sg', 17),
      costs('m/t/map-cost/iova', 37),
    ]);
    expect(others).toEqual([]);
    expect(group).toMatchObject({ machine: 'm', topology: 't', workload: 'map-cost' });
    expect(group?.rows.map(({ backend, ours, total, ratio }) => [backend, ours, total, ratio])).toEqual([
      ['sg', false, 20, 1],
      ['iova', false, 40, 2],
      ['phyr8', true, 10, 0.5],
    ]);
    expect(group?.rows[0]?.phases.map(({ name }) => name)).toEqual(['build', 'map', 'unmap']);
  });

  it('adds up no points: cells that measure several have a table of their own', () => {
    const many = (backend: string) =>
      cellRecord({ id: `m/t/bench-map/${backend}`, metrics: [insn('4k 4 KiB map', 1), insn('4k 1 MiB map', 9)] });
    expect(instructionCosts([many('sg'), many('phyr8')])).toEqual([]);
  });

  it('compares each topology for itself where it can, and what a sparse plan spread over several where not', () => {
    const full = ['a', 'b'].flatMap((t) => [costs(`m/${t}/map-cost/sg`, 1), costs(`m/${t}/map-cost/phyr8`, 1)]);
    expect(instructionCosts(full).map(({ topology }) => topology)).toEqual(['a', 'b']);
    const partly = [...full, costs('m/c/map-cost/phyr16', 1)];
    expect(instructionCosts(partly).map(({ rows }) => rows.length)).toEqual([3]);
    const sparse = [costs('m/a/map-cost/sg', 1), costs('m/b/map-cost/phyr8', 1)];
    expect(instructionCosts(sparse)).toMatchObject([
      { topology: undefined, rows: [{ topology: 'a' }, { topology: 'b' }] },
    ]);
  });

  it('says once what a backend cost on several topologies, and takes nothing for a comparison of one with itself', () => {
    const [group] = instructionCosts([
      ...['a', 'b', 'c'].map((t) => costs(`m/${t}/map-cost/sg`, t === 'c' ? 2 : 1)),
      costs('m/d/map-cost/phyr8', 1),
    ]);
    expect(group?.rows.map(({ backend, topology }) => `${backend} ${topology}`)).toEqual(['sg a', 'sg c', 'phyr8 d']);
    expect(instructionCosts(['a', 'b'].map((t) => costs(`m/${t}/map-cost/sg`, 1)))).toEqual([]);
  });

  it('takes no cost of what went wrong or was planted, and no comparison with itself', () => {
    expect(
      instructionCosts([
        costs('m/t/map-cost/sg', 1),
        costs('m/t/map-cost/phyr8', 1, { verdict: 'fail' }),
        costs('m/t/map-cost/phyr8!short-map', 1),
      ]),
    ).toEqual([]);
  });
});

describe('ratios', () => {
  const timed = (id: string, value: number) =>
    cellRecord({
      id,
      metrics: [
        { ...measureOfName('fio'), unit: 'ms emulated', value, better: 'lower' },
        { ...measureOfName('mapped'), unit: 'requests', value: 5, better: 'neither' },
      ],
    });
  it('are to sg of the same machine, topology and workload', () => {
    const found = ratiosToSg([timed('m/t/fio/sg', 100), timed('m/t/fio/phyr8', 50), timed('n/t/fio/phyr8', 1)]);
    expect(found).toEqual([
      {
        metric: 'fio',
        unit: 'ms emulated',
        better: 'lower',
        rows: [{ backend: 'phyr8', ours: true, points: [{ cell: 'm/t/fio/phyr8', ratio: 0.5 }] }],
      },
    ]);
  });
});
