import type { Series } from '../../src/model/index.js';

export const series = (changes: Partial<Series> = {}): Series => ({
  cell: 'vtd-strict-icount/switch/map-cost/phyr8',
  what: 'cost',
  phase: 'map',
  unit: 'insn',
  better: 'lower',
  kind: 'exact',
  declared: 'd1',
  kernel: '7.3.4',
  kernel_key: 'k1',
  qemu: '11.1.3',
  qemu_key: 'q1',
  accelerator: 'tcg',
  ...changes,
});
