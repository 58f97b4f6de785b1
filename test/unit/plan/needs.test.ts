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

/** Of the boots of a suite, in groups that wait for the same image: IOMMU, planted or not, number of cells. */
function orderOf(id: string) {
  const needs = imageNeeds(groupIntoBoots(cellsOf(id)));
  return inOrderOfNeed(needs).map((boots) =>
    boots.map((boot) => {
      const need = needs.get(boot);
      return [need?.machine.iommu.kind, need?.plants, boot.cells.length];
    }),
  );
}

it('planted defects come last, and the longest of the guests that boot the same image first', () => {
  expect(orderOf('smoke')).toEqual([
    [
      ['none', false, 8],
      ['intel', false, 6],
      ['intel', false, 6],
      ['intel', false, 3],
      ['intel', false, 3],
    ],
    [['intel', true, 1]],
  ]);
});

it('what most cells wait for is made first', () => {
  const product = orderOf('machines').filter(([first]) => first?.[1] === false);
  const counts = product.map((boots) => boots.reduce((sum, boot) => sum + Number(boot[2]), 0));
  expect(counts.length).toBeGreaterThan(1);
  expect(counts).toEqual(counts.toSorted((a, b) => b - a));
});
