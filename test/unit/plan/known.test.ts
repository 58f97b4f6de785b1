import { expect, it } from 'vitest';
import { knownDefects } from '../../../harness/findings.js';
import { suites } from '../../../harness/index.js';
import { expand, withKnown, withOwnPatterns } from '../../../src/plan/index.js';

const p2p = suites.find(({ id }) => id === 'p2p');
if (p2p === undefined) throw new Error('there is no suite p2p');
const cell = withKnown(expand(p2p, 1), knownDefects).cells.find(({ known }) => known !== undefined);
if (cell?.known === undefined) throw new Error('no cell of p2p has a known defect');

it('a cell that was kept is as it was', () => {
  expect(withOwnPatterns(cell, knownDefects)).toEqual(cell);
});

it('what a known defect looks like is never taken from a file', () => {
  const hostile = cell.known?.map((defect) => ({ ...defect, code: 'unclassified' as const, kernels: ['*'] })) ?? [];
  expect(withOwnPatterns({ ...cell, known: hostile }, knownDefects)).toEqual(cell);
});

it('a defect that nobody here knows excuses nothing', () => {
  const { known: _, ...plain } = cell;
  const foreign = { ...(cell.known?.[0] as NonNullable<typeof cell.known>[number]), id: 'theirs' };
  expect(withOwnPatterns({ ...cell, known: [foreign] }, knownDefects)).toEqual(plain);
});
