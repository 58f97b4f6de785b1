import { describe, expect, it } from 'vitest';
import { suites } from '../../../../harness/index.js';
import { noIommu, vtdStrict } from '../../../../harness/machines.js';
import { fioLists, shapes, wide } from '../../../../harness/suites/shapes.js';
import { switched } from '../../../../harness/topologies.js';
import { expand } from '../../../../src/plan/index.js';
import { DriverSettings, tuneCommand } from '../../../../src/workloads/shared/driver-settings.js';

describe('settings of the driver', () => {
  it('become parameters of the module', () => {
    expect(tuneCommand({ maxKiB: 2048, sglKiB: 2, depth: 4, queues: 1, uses: ['sgls'] })).toBe(
      'lab tune max_kib=2048 sgl_kib=2 depth=4 queues=1',
    );
    expect(tuneCommand({ depth: 4, uses: ['sgls'] })).toBe('lab tune depth=4');
  });

  it('say what the cell is for', () => {
    expect(DriverSettings.safeParse({ maxKiB: 256 }).success).toBe(false);
    expect(DriverSettings.safeParse({ maxKiB: 4096, uses: ['list_pages'] }).success).toBe(false);
  });

  it('are not run on a disk that takes only smaller commands', () => {
    const block = { machines: [noIommu], workloads: [fioLists], backends: ['sg' as const] };
    const on = (topology: typeof wide) =>
      expand({ id: 'x', describe: '', blocks: [{ ...block, topologies: [topology] }] }, 1);
    expect(on(wide).cells).toHaveLength(1);
    expect(on(switched).cells).toEqual([]);
    expect(on(switched).pruned[0]?.reason).toMatch(/commands of 2048 KiB, and the disk takes up to 512 KiB/);
  });
});

describe('the suite shapes', () => {
  it('has every workload with every backend that can, and a part of it in ci', () => {
    const { cells } = expand(shapes, 1);
    expect(cells.filter(({ machine }) => machine.id === vtdStrict.id)).toHaveLength(6 * 5 + 2);
    const ci = suites.find(({ id }) => id === 'ci');
    const sample = expand(ci ?? shapes, 1).cells.filter(({ topology }) => topology.id === wide.id);
    expect(new Set(sample.map(({ workload }) => workload.id)).size).toBe(8);
    expect(sample.length).toBeLessThan(12);
  });
});
