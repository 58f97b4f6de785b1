import { expect, it } from 'vitest';
import { suites } from '../../../harness/index.js';
import { expand, groupIntoBoots, imageNeeds, inOrderOfNeed, neededModules } from '../../../src/plan/index.js';
import type { Suite } from '../../../src/workloads/index.js';

const cellsOf = (id: string) => expand(suites.find((suite) => suite.id === id) as Suite, 1).cells;
const EVERY_CELL = ['phyr', 'phyr_nvme', 'phyr_peer', 'phyr_probe'];

it('a first run builds the modules that its cells load, with a planted defect or without, and no others', () => {
  const boots = groupIntoBoots(cellsOf('smoke'));
  for (const { modules } of imageNeeds(boots).values()) expect(modules).toEqual(EVERY_CELL);
});

it('what a workload loads besides is built for whoever runs it', () => {
  const of = (kind: string) => cellsOf('nightly').filter(({ workload }) => workload.kind === kind);
  expect(neededModules(of('engine'), false)).toEqual([...EVERY_CELL, 'phyr_engine'].sort());
  const ktap = of('ktap');
  expect(neededModules(ktap, false)).toEqual([...EVERY_CELL, 'phyr_store', 'phyr_test'].sort());
});

it('what most cells wait for is made first, planted defects last', () => {
  const cells = cellsOf('smoke');
  const needs = imageNeeds(groupIntoBoots(cells));
  const order = inOrderOfNeed(needs).map((boots) => {
    const need = needs.get(boots[0] ?? { cells: [] });
    return [need?.machine.iommu.kind, need?.plants, boots.reduce((sum, boot) => sum + boot.cells.length, 0)];
  });
  expect(order.at(-1)).toEqual(['intel', true, 1]);
  const counts = order.slice(0, -1).map(([, , count]) => Number(count));
  expect(counts).toEqual(counts.toSorted((a, b) => b - a));
  expect(order.reduce((sum, [, , count]) => sum + Number(count), 0)).toBe(cells.length);
});
