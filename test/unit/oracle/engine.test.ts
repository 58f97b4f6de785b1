import { describe, expect, it } from 'vitest';
import type { Machine } from '../../../src/model/index.js';
import { type EngineOutcome, judgeEngine, judgeFaults, type Provoked } from '../../../src/oracle/index.js';

const machine = (iommu: Machine['iommu']): Machine => ({
  id: 'm',
  arch: 'x86_64',
  hostBridgeP2p: false,
  vcpus: 2,
  memoryMiB: 768,
  iommu,
  clock: 'wall',
  kernelArgs: [],
});
const strict = machine({ kind: 'intel', domain: 'strict' });
const lazy = machine({ kind: 'intel', domain: 'lazy' });
const none = machine({ kind: 'none' });

const outcome = (more: Partial<EngineOutcome>): EngineOutcome => ({
  device: 'iommu-testdev',
  case: 'mapped',
  path: 'phyr8',
  outcome: 'right',
  addr: 0x1000,
  write: true,
  window_us: 0,
  uses: 0,
  ...more,
});

describe('a DMA engine', () => {
  it('must reach what is mapped', () => {
    expect(judgeEngine(strict, outcome({}))).toBeUndefined();
    expect(judgeEngine(strict, outcome({ outcome: 'wrong' }))?.detail).toMatch(
      /mapped by phyr8: wrong, expected right/,
    );
    expect(judgeEngine(strict, outcome({ case: 'short' }))).toBeUndefined();
    expect(judgeEngine(strict, outcome({ case: 'short', outcome: 'wrong' }))?.detail).toMatch(/wrong, expected right/);
    expect(judgeEngine(strict, outcome({ device: 'edu', outcome: 'refused' }))?.detail).toMatch(
      /refused, expected right/,
    );
    expect(judgeEngine(none, outcome({ device: 'edu', case: 'beyond', outcome: 'wrong' }))?.detail).toMatch(
      /wrong, expected right/,
    );
  });

  it('must not reach what is unmapped, stale or for the other direction', () => {
    for (const name of ['unmapped', 'stale', 'readonly'] as const) {
      expect(judgeEngine(strict, outcome({ case: name, outcome: 'fault' }))).toBeUndefined();
      expect(judgeEngine(strict, outcome({ case: name, outcome: 'right' }))?.detail).toMatch(/right, expected fault/);
    }
    expect(judgeEngine(strict, outcome({ device: 'edu', case: 'writeonly', outcome: 'right' }))?.detail).toMatch(
      /expected untouched/,
    );
    expect(judgeEngine(none, outcome({ device: 'edu', case: 'clamped', outcome: 'right' }))?.detail).toMatch(
      /right, expected/,
    );
  });

  it('may read what it may write where the page tables cannot tell the two apart', () => {
    const writeonly = outcome({ device: 'edu', case: 'writeonly' });
    const firstStage = machine({ kind: 'intel', domain: 'strict', scalable: 'first-stage' });
    expect(judgeEngine(firstStage, writeonly)).toBeUndefined();
    expect(judgeEngine(firstStage, { ...writeonly, outcome: 'wrong' })?.detail).toMatch(/wrong, expected right/);
    const secondStage = machine({ kind: 'intel', domain: 'strict', scalable: 'second-stage' });
    expect(judgeEngine(secondStage, writeonly)?.detail).toMatch(/right, expected untouched/);
  });

  it('may go on for a while after unmapping in lazy mode, and not at all in strict mode', () => {
    const stale = outcome({ case: 'stale', outcome: 'fault', uses: 3, window_us: 9000 });
    expect(judgeEngine(lazy, stale)).toBeUndefined();
    expect(judgeEngine(strict, stale)?.detail).toMatch(
      /in strict mode the device could use unmapped memory 3 times, for 9000 us/,
    );
  });
});

describe('provoked faults', () => {
  const due: Provoked = { addr: 0xfffff000, bytes: 4096, how: 'write' };
  const line = (addr: string, write: number) => `vtd_dmar_fault sid 0x18 fault 5 addr ${addr} write ${write}`;
  const said = (lines: string[], provoked: Provoked[] = [due]) =>
    judgeFaults({ enabled: true, lines, truncated: false }, provoked);

  it('are no objection, however many accesses they are', () => {
    const rejected = "Invalid write at addr 0xFFFFF000, size 4, region '(null)', reason: rejected";
    const report = said([
      line('0xfffff000', 1),
      'vtd_frr_new index 0 high 0x8 low 0x9',
      rejected,
      line('0xfffffffc', 1),
    ]);
    expect(report).toMatchObject({ verdict: 'pass', detail: 'the 1 that were expected, and no other' });
  });

  it('are an objection when they do not come', () => {
    expect(said(["Invalid write at addr 0xFFFFF000, size 4, region '(null)', reason: rejected"]).verdict).toBe('fail');
    expect(said([])).toMatchObject({
      verdict: 'fail',
      detail: expect.stringContaining('expected but not seen: a fault of a write'),
    });
  });

  it('excuse no other address and no other direction', () => {
    expect(said([line('0xfffff000', 1), line('0xffffe000', 1)]).verdict).toBe('fail');
    expect(said([line('0xfffff000', 1), line('0xfffff000', 0)]).verdict).toBe('fail');
    expect(said([line('0xfffff000', 1), 'Invalid read at addr 0x0, size 4']).verdict).toBe('fail');
  });

  it('are known in the words of the other models', () => {
    expect(said(['virtio_iommu_report_fault FAULT reason=1 flags=2 endpoint=24 address =0xfffff000']).verdict).toBe(
      'pass',
    );
    const clamped: Provoked = { addr: 0x2bcd0000, bytes: 4096, how: 'clamped' };
    const words = 'EDU: clamping DMA 0x000000002bcd0000 to 0x000000000bcd0000!';
    expect(said([words], [clamped]).verdict).toBe('pass');
    expect(said([words]).verdict).toBe('fail');
  });

  it('are told apart where edu does not end its lines', () => {
    const words = (addr: string) => `EDU: clamping DMA 0x00000001${addr} to 0x00000000${addr}!`;
    const clamped = (addr: number): Provoked => ({ addr, bytes: 4096, how: 'clamped' });
    const both = [clamped(0x104200000), clamped(0x104400000)];
    expect(said([words('04200000') + words('04400000')], both).verdict).toBe('pass');
    expect(said([words('04200000') + words('04400000')], both.slice(0, 1)).verdict).toBe('fail');
    expect(said([words('04200000') + line('0xfffff000', 1)], both.slice(0, 1)).verdict).toBe('fail');
    expect(said([words('04200000')], both)).toMatchObject({ detail: expect.stringContaining('at 0x104400000') });
  });
});
