/** No table that goes to a terminal is wider than it; but for single words: ids, paths and commands are left whole. */

import { describe, expect, it } from 'vitest';
import { suites } from '../../../harness/index.js';
import { measureOfName } from '../../../src/model/index.js';
import { judgePairs } from '../../../src/perf/index.js';
import { expand, findCell } from '../../../src/plan/index.js';
import {
  benchTables,
  budgetTable,
  comparisonLines,
  costBars,
  findingLines,
  historyLines,
  instructionCosts,
  movedLines,
  nightLines,
  p2pTable,
  showCell,
} from '../../../src/report/index.js';
import { cellRecord } from '../run-result.js';

const plain = (text: string) => text;
const style = { good: plain, bad: plain, doubtful: plain, dim: plain };
const ID = 'vtd-sm2-strict-share/engines-bars/register-far-mixed/sg';
const LONG = 'what was found by the oracle is told at the length of several lines, as it sometimes has to be. '.repeat(
  3,
);
const id = (backend: string) => `vtd-strict-icount/switch/map-cost/${backend}`;
const BACKENDS = ['sg', 'iter', 'iova', 'phyr16', 'phyr8', 'page', 'nvme', 'phyr8-registered', 'phyr16-registered'];
const figures = ['4k 4 KiB', '2m-unaligned 1 GiB'].flatMap((point) =>
  ['build', 'map', 'consume', 'unmap'].map((phase) => ({
    ...measureOfName(`${point} ${phase}`),
    unit: 'insn',
    value: 1_234_567,
    better: 'lower' as const,
  })),
);
const phases = ['build', 'map', 'consume', 'unmap'].map((name, at) => ({
  ...measureOfName(name),
  unit: 'insn',
  value: 100_000 * at,
  better: 'lower' as const,
}));
const p2p = expand(suites.find((suite) => suite.id === 'p2p') ?? { id: '', describe: '', blocks: [] }, 1).cells;
const CELL = findCell(suites, 'vtd-strict/switch/p2p-far/phyr8');
const pair = (name: string, before: number[], after: number[]) =>
  ({
    cell: ID,
    name,
    kind: before.length > 1 ? 'noisy' : 'exact',
    better: 'lower',
    unit: 'insn',
    before,
    after,
  }) as const;
const many = (at: number) => Array.from({ length: 9 }, (_, i) => at + i);
const sample = (run: number, value: number) => ({
  run: `2026112${run}-054114-ed3b`,
  at: '2026-11-21T05:41:14.000Z',
  modules: `${run}`.repeat(16),
  values: [value],
});

const TABLES: Record<string, (width: number) => string[]> = {
  'peer-to-peer': (width) => p2pTable(p2p, [], width),
  bench: (width) =>
    benchTables(
      BACKENDS.map((backend) => cellRecord({ id: id(backend), kind: 'map-cost', metrics: figures })),
      { width, phases: true },
    ),
  budgets: (width) =>
    budgetTable(
      [
        {
          what: 'strict, random 4 KiB: map + unmap of each page',
          measured: 123_456,
          budget: 234_567,
          kernel: 345_678,
          floor: 1234,
          verdict: 'floor',
        },
        { what: 'metadata, 4 KiB, 262144 pages: bytes per page', measured: 8.0123, budget: 8.5, verdict: 'met' },
      ] as never,
      width,
    ),
  'bars of costs': (width) =>
    costBars(instructionCosts(BACKENDS.map((backend) => cellRecord({ id: id(backend), metrics: phases }))), width),
  findings: (width) =>
    findingLines(
      {
        found: [
          {
            known: { id: 'sg-p2p-no-mmio', what: LONG, reason: LONG } as never,
            oracle: 'device',
            what: LONG,
            kernels: ['7.3.4+deb13-cloud-amd64', '7.2.1+deb13-cloud-amd64'],
            cells: [1, 2, 3, 4, 5].map(() => ({
              id: ID,
              repro: `/home/me/phyrlab.mjs repro '${ID}'`,
              evidence: `cells/${ID}`,
            })),
          },
        ],
        gone: [{ known: { id: 'dma-buf-sgt-leak', what: LONG } as never, cells: [ID, ID, ID, ID] }],
      },
      width,
    ),
  night: (width) =>
    nightLines(
      { id: '20261121-054114-ed3b' } as never,
      {
        counts: { pass: 9000, caught: 54, xfail: 12, fail: 3, inconclusive: 2, lost: 1, skip: 200 },
        again: 3,
        newFailures: [{ cell: ID, stage: 'suites', reason: LONG, sameImages: true }],
        regressions: [`${ID} map: +1.23 %`],
        stillFailing: [],
        lost: [],
        trouble: [LONG],
        flaky: [],
        inconclusive: [],
        fixed: [],
      } as never,
      style,
      width,
    ),
  'a comparison': (width) =>
    comparisonLines(
      judgePairs([
        pair(`${ID} 2m 1 GiB map`, [1_234_567], [2_345_678]),
        pair(`${ID} fio`, many(100), many(200)),
        pair(`${ID} none`, [1, 2], [3, 1]),
      ]),
      style,
      {
        width,
        unpaired: [{ why: 'QEMU 11.1.3 (tcg) before, QEMU 11.2.0 (kvm) now, of which nothing is told', count: 40 }],
      },
    ),
  'counts that moved': (width) =>
    movedLines(
      [{ name: `${ID} map`, unit: 'insn', values: [1_234_567, 2_345_678, undefined, 1_234_567] }],
      { counts: 1, runs: 4, width },
      style,
    ),
  history: (width) =>
    historyLines(
      {
        key: 'k',
        series: {
          cell: ID,
          what: 'metadata',
          unit: 'B',
          kind: 'noisy',
          kernel: '7.3.4+deb13-cloud-amd64',
          qemu: '11.1.3',
        },
        samples: Array.from({ length: 200 }, (_, at) => sample(at % 9, at)),
      } as never,
      [{ at: 5, p: 0.001, before: 100, after: 200 }],
      style,
      width,
    ),
  'a cell': (width) => showCell(CELL, width),
};

describe.each(Object.entries(TABLES))('%s', (_name, table) => {
  it.each([40, 80, 100, 160])('in %i columns', (width) => {
    const lines = table(width);
    for (const line of lines)
      if (line.length > width) expect(line.replace(/^[\s│└├─]+/, '').replace(/ \\$/, '')).toMatch(/^\S+$/);
    expect(lines.length).toBeGreaterThan(1);
  });

  it('says the same in as many columns as a file has', () => {
    const words = (lines: string[]) => new Set(lines.join(' ').split(/[\s│└├─█▏▎▍▌▋▊▉▁▂▃▄▅▆▇:,]+/));
    const narrow = words(table(40));
    expect([...words(table(Number.POSITIVE_INFINITY))].filter((word) => word !== '' && !narrow.has(word))).toEqual([]);
  });
});
