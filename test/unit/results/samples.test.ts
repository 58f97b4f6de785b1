import { describe, expect, it } from 'vitest';
import { suites } from '../../../harness/index.js';
import { type CellRecord, measureName, measureOfName, partsOfId, type RunResult } from '../../../src/model/index.js';
import { select } from '../../../src/plan/index.js';
import { samplesOf } from '../../../src/results/index.js';
import { resultOf, someRun } from '../run-result.js';

const { cells } = select(suites, ['smoke'], 1);

function measured(records: Partial<CellRecord>[]): RunResult {
  return resultOf(
    records.map((record) => ({
      ...partsOfId(record.id ?? 'vtd-strict-icount/switch/map-cost/phyr8'),
      verdict: 'pass',
      reason: '',
      oracles: [],
      metrics: [
        { ...measureOfName('map'), unit: 'insn', value: 5, better: 'lower' },
        { ...measureOfName('verified'), unit: 'I/Os', value: 9, better: 'neither' },
      ],
      duration_ms: 1,
      repro: '',
      ...record,
    })),
  );
}

describe('what a run adds to the history', () => {
  it('is the costs of what passed, exact where the clock counts instructions', () => {
    const added = samplesOf(measured([{}, { id: 'no-iommu/switch/fio-verify/sg' }]), cells);
    expect(added?.header).toMatchObject({ run: someRun.id, modules_key: 'm' });
    expect(
      added?.lines.map(({ series, values }) => [series.cell, measureName(series), series.kind, ...values]),
    ).toEqual([
      ['vtd-strict-icount/switch/map-cost/phyr8', 'map', 'exact', 5],
      ['no-iommu/switch/fio-verify/sg', 'map', 'noisy', 5],
    ]);
  });

  it('is not exact of mapping page by page, which a timer moves', () => {
    const id = 'vtd-strict-icount/switch/bench-map/page';
    const added = samplesOf(measured([{ id }]), select(suites, [id], 1).cells);
    expect(added?.lines.map(({ series }) => series.kind)).toEqual(['noisy']);
  });

  it('is nothing of what failed or is broken on purpose', () => {
    const planted = { id: 'vtd-strict/switch/fio-verify/phyr8!short-map' };
    expect(samplesOf(measured([{ verdict: 'fail' }, { verdict: 'inconclusive' }, planted]), cells)).toBeUndefined();
  });

  it('names the kernel that the cell ran on', () => {
    const kernel = { release: '7.3.4-full', key: 'full' };
    const added = samplesOf(measured([{}, { kernel }]), cells);
    expect(added?.lines.map(({ series }) => series.kernel_key)).toEqual(['k', 'full']);
  });
});
