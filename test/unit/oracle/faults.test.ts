import { describe, expect, it } from 'vitest';
import { foldFaults, judgeFaults } from '../../../src/oracle/index.js';

describe('the fault oracle', () => {
  const fault = 'vtd_dmar_fault sid 0x300 fault 5 addr 0xfffff000 write 1';

  it('passes silence only when QEMU was tracing', () => {
    expect(judgeFaults({ enabled: true, lines: [], truncated: false }).verdict).toBe('pass');
    expect(judgeFaults({ enabled: false, lines: [], truncated: false }).verdict).toBe('inconclusive');
    expect(judgeFaults({ enabled: false, lines: [fault], truncated: false }).verdict).toBe('fail');
  });

  it('folds a storm and keeps one line whole', () => {
    const storm = Array.from({ length: 1000 }, () => [fault, 'vtd_frr_new index 0 hi 0x8 lo 0x9']).flat();
    expect(foldFaults(storm)).toEqual([
      { code: 'iommu-fault-undue', kind: 'vtd_dmar_fault', count: 1000, example: fault },
    ]);
  });

  it('counts accesses to nowhere without an IOMMU', () => {
    const lines = ["Invalid write at addr 0x7F0000000, size 4, region '(null)', reason: rejected"];
    expect(judgeFaults({ enabled: true, lines, truncated: false }).detail).toContain('1 x invalid write');
  });
});
