import { expect, it } from 'vitest';
import { consumers } from '../../../harness/index.js';
import { beginNight, type NightWish } from '../../../src/cli/nights.js';
import { Night } from '../../../src/model/index.js';

const wish: NightWish = {
  suites: ['smoke', 'nightly', 'debug'],
  consumers,
  words: undefined,
  kernel: '7.3',
  fresh: false,
};
const evening = new Date('2026-11-21T01:00:00Z');
const hours = (n: number) => new Date(evening.getTime() + n * 3_600_000);
const { night } = beginNight(undefined, wish, evening, 5);

it('a night has the stages that there are suites for', () => {
  expect(Night.parse(night).stages.map(({ name, kernel }) => [name, kernel])).toEqual([
    ['suites', '7.3'],
    ['debug', 'debug'],
  ]);
  const bench = beginNight(undefined, { ...wish, suites: [...wish.suites, 'bench'] }, evening, 5);
  expect(bench.night.stages.map(({ words }) => words)).toEqual([['nightly'], ['debug'], ['bench']]);
  const withConsumers = { ...wish, suites: [...wish.suites, ...consumers] };
  for (const [kernel, other] of [
    ['7.3', '7.2'],
    ['7.2', '7.3'],
    ['/a/tree', '7.2'],
  ] as const)
    expect(beginNight(undefined, { ...withConsumers, kernel }, evening, 5).night.stages[1]).toMatchObject({
      name: 'consumers',
      words: ['dmabuf', 'register', 'vfio', 'pmem', 'lifetime'],
      kernel: other,
    });
  const own = beginNight(undefined, { ...wish, words: ['smoke', 'x/'] }, evening, 5);
  expect(own.night.stages).toEqual([{ name: 'suites', words: ['smoke', 'x/'], kernel: '7.3' }]);
});

it('a night that did not end goes on, with what it has', () => {
  const killed = { ...night, stages: night.stages.map((stage) => ({ ...stage, run: 'r' })) };
  expect(beginNight(killed, wish, hours(3), 6).night).toBe(killed);
});

it.each([
  ['ended', { ...night, ended: evening.toISOString() }, wish, 3, /^night .*, seed 6$/],
  ['is left', night, { ...wish, fresh: true }, 3, /as requested; night/],
  ['is too old', night, wish, 21, /too old to resume/],
  ['was to run something else', night, { ...wish, words: ['smoke'] }, 3, /something else/],
  ['was for another kernel', night, { ...wish, kernel: '7.2' }, 3, /something else/],
])('one that %s is followed by a new one', (_, last, wanted, later, said) => {
  const begun = beginNight(last, wanted, hours(later), 6);
  expect(begun.night.seed).toBe(6);
  expect(begun.said).toMatch(said);
});
