import { describe, expect, it } from 'vitest';
import { invocation, measureOfName } from '../../../src/model/index.js';
import { bar, costBars } from '../../../src/report/cost-bars.js';
import { instructionCosts } from '../../../src/report/costs.js';
import { cellRecord } from '../run-result.js';

const cost = (id: string, value: number) =>
  cellRecord({
    id,
    metrics: [
      { ...measureOfName('map'), unit: 'insn', value, better: 'lower' },
      { ...measureOfName('build'), unit: 'insn', value: 0, better: 'lower' },
    ],
  });

describe('a bar', () => {
  it.each([
    [0, ''],
    [0.0001, '▏'],
    [0.5, '█████'],
    [0.5625, '█████▋'],
    [1, '██████████'],
    [7, '██████████'],
  ])('%d', (share, text) => expect(bar(share, 10)).toBe(text));
});

it('stand beside the numbers, in plain text', () => {
  const groups = instructionCosts([
    cost('strict/switch/map-cost/sg', 247_026),
    cost('strict/switch/map-cost/phyr8', 123_513),
    cost('pt/a/map-cost/sg', 1000),
    cost('pt/b/map-cost/phyr16', 1),
  ]);
  expect(costBars(groups)).toMatchInlineSnapshot(`
    [
      "cost: instructions, build + map, and ratio to sg (* ours, others the kernel's)",
      "strict/switch/map-cost",
      "    sg          247,026  1.000  ████████████████████████",
      "  * phyr8       123,513  0.500  ████████████",
      "pt/map-cost",
      "    sg (a)        1,000  1.000  ████████████████████████",
      "  * phyr16 (b)        1  0.001  ▏",
    ]
  `);
  expect(costBars([])).toEqual([]);
});

it('are as many as a log bears', () => {
  const many = Array.from({ length: 20 }, (_, i) =>
    ['sg', 'phyr8'].map((b) => cost(`m${i}/t/map-cost/${b}`, 5)),
  ).flat();
  const lines = costBars(instructionCosts(many));
  expect(lines.filter((line) => line.startsWith('m'))).toHaveLength(12);
  expect(lines.at(-1)).toBe(`and 8 more: ${invocation('report')}`);
});
