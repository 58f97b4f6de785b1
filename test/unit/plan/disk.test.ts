import { expect, it } from 'vitest';
import { type KeptRun, runsToRemove } from '../../../src/plan/index.js';

const run = (folder: string, bytes = 10, needed = false): KeptRun => ({ folder, bytes, needed });
const removed = (runs: KeptRun[], keep: number, room: number) =>
  runsToRemove(runs, keep, room).map(({ folder }) => folder);

it('the newest runs stay, as many as are wanted', () => {
  expect(removed([run('a'), run('b'), run('c')], 2, 1000)).toEqual(['c']);
  expect(removed([run('a'), run('b'), run('c')], 3, 1000)).toEqual([]);
});

it('and no more than there is room for; an old small one does not outlive a newer one', () => {
  expect(removed([run('a'), run('b', 500), run('c', 1)], 10, 100)).toEqual(['b', 'c']);
});

it('a run that is needed stays whatever the room, and counts', () => {
  expect(removed([run('a'), run('b', 500, true), run('c')], 10, 100)).toEqual(['a', 'c']);
  expect(removed([run('a'), run('b', 10, true)], 1, 1000)).toEqual(['a']);
});
