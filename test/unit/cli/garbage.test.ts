import { expect, it } from 'vitest';
import { garbage } from '../../../src/cli/garbage.js';
import { type KeptRun, runsToRemove } from '../../../src/results/index.js';

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

const now = new Date('2026-11-21T12:00:00Z');
const image = (name: string, days: number, bytes = 100) => ({
  name,
  bytes,
  used: new Date(now.getTime() - days * 86_400_000 - 1),
  state: name === 'state',
});

it('what is used for a month by nobody goes in any case; the rest as there is room, states first, runs before what was used today', () => {
  const unused = [image('state', 0), image('today', 0), image('yesterday', 1), image('week', 7), image('month', 30)];
  const going = (room: number) => {
    const { runs, images } = garbage({ runs: [run('a', 50)], unused, inCache: 600 }, { keep: 10, room, now });
    return [...images.map(({ name }) => name), ...runs.map(({ folder }) => folder)];
  };
  expect(going(10_000)).toEqual(['month']);
  expect(going(500)).toEqual(['month', 'state']);
  expect(going(400)).toEqual(['month', 'state', 'week']);
  expect(going(310)).toEqual(['month', 'state', 'week', 'a']);
  expect(going(250)).toEqual(['month', 'state', 'week', 'yesterday', 'a']);
  // One that somebody uses is left.
  expect(going(0)).toEqual(['month', 'state', 'week', 'yesterday', 'today', 'a']);
});
