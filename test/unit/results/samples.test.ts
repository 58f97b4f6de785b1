import { describe, expect, it } from 'vitest';
import { suites } from '../../../harness/index.js';
import type { CellRecord, RunResult } from '../../../src/model/index.js';
import { select } from '../../../src/plan/index.js';
import { samplesOf } from '../../../src/results/index.js';

const { cells } = select(suites, ['smoke'], 1);

function resultOf(records: Partial<CellRecord>[]): RunResult {
  return {
    schema: 1,
    run: {
      id: 'run-1',
      seed: 1,
      started: '2026-11-21T00:00:00.000Z',
      host: { kernel: '7', cpus: 2, memory_mib: 1, accelerator: 'tcg' },
      qemu: { version: '11.1.3', key: 'q' },
      kernel: { release: '7.3.4', key: 'k' },
      rootfs: { key: 'r' },
      modules: { key: 'm' },
      drift: [],
      duration_ms: 1,
      interrupted: false,
      exit_code: 0,
    },
    cells: records.map((record) => ({
      id: 'vtd-strict-icount/switch/map-cost/phyr8',
      verdict: 'pass',
      reason: '',
      oracles: [],
      metrics: [
        { name: 'map', unit: 'insn', value: 5, better: 'lower' },
        { name: 'verified', unit: 'I/Os', value: 9, better: 'neither' },
      ],
      duration_ms: 1,
      repro: '',
      ...record,
    })),
  };
}

describe('what a run adds to the history', () => {
  it('is the costs of what passed, exact where the clock counts instructions', () => {
    const added = samplesOf(resultOf([{}, { id: 'no-iommu/switch/fio-verify/sg' }]), cells);
    expect(added?.header).toMatchObject({ run: 'run-1', modules_key: 'm' });
    expect(added?.lines.map(({ series, values }) => [series.cell, series.metric, series.kind, ...values])).toEqual([
      ['vtd-strict-icount/switch/map-cost/phyr8', 'map', 'exact', 5],
      ['no-iommu/switch/fio-verify/sg', 'map', 'noisy', 5],
    ]);
  });

  it('is nothing of what failed or is broken on purpose', () => {
    const planted = { id: 'vtd-strict/switch/fio-verify/phyr8!short-map' };
    expect(samplesOf(resultOf([{ verdict: 'fail' }, { verdict: 'inconclusive' }, planted]), cells)).toBeUndefined();
  });

  it('names the kernel that the cell ran on', () => {
    const kernel = { release: '7.3.4-full', key: 'full' };
    const added = samplesOf(resultOf([{}, { kernel }]), cells);
    expect(added?.lines.map(({ series }) => series.kernel_key)).toEqual(['k', 'full']);
  });
});
