/** Which session goes on and which begins, and what is refused before anything is built. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { beginMutation, type Subject } from '../../../src/cli/mutation.js';
import { mutantsOf, type Trial } from '../../../src/mutate/index.js';
import { someRun } from '../run-result.js';

const LAUNCHER = join(import.meta.dirname, '../../../src/cli/phyrlab.mjs');
const SOURCE = 'int f(int a)\n{\n\tif (a < 1)\n\t\treturn -EIO;\n\treturn a == 2;\n}\n';

function subject(change: Partial<Subject> = {}): Subject {
  return {
    run: { ...someRun, id: '20261129-000000-aaaa' },
    asked: { kernel: '7.3' },
    coverage: { cells: [], files: [], unread: [], planted: { cells: [], files: [] } },
    cells: new Map(),
    sources: new Map([['guest/a.c', SOURCE]]),
    mutants: mutantsOf('guest/a.c', SOURCE),
    explained: [],
    key: 'k',
    ...change,
  };
}

const trialOf = (id: string, outcome: Trial['outcome']): Trial => ({
  id,
  file: 'guest/a.c',
  line: 1,
  function: 'f',
  operator: 'order',
  exact: true,
  diff: [],
  ms: 1,
  outcome,
});

describe('a session', () => {
  const wish = { count: 3, newSeed: 5 };
  const first = beginMutation(undefined, subject(), wish);
  const done = first.mutants.slice(0, 1).map(({ id }) => trialOf(id, { kind: 'unreached' }));
  const last = { session: first.session, trials: done };

  it('that was killed goes on, with the mutants that are left, in the order of its seed', () => {
    const next = beginMutation(last, subject(), { count: 3, newSeed: 6 });
    expect(next.session).toEqual(first.session);
    expect(next.trials).toEqual(done);
    expect(next.mutants).toEqual(first.mutants);
  });

  it.each([
    ['that has ended', { ...last, session: { ...last.session, ended: 'x' } }, subject(), wish],
    ['if that is asked for', last, subject(), { ...wish, fresh: true }],
    ['with another seed', last, subject(), { ...wish, seed: 9 }],
    ['with another number', last, subject(), { ...wish, count: 4 }],
    ['of other sources', last, subject({ key: 'other' }), wish],
    ['of other cells', last, subject({ run: { ...someRun, id: 'other' } }), wish],
    ['of other files', last, subject({ sources: new Map([['guest/b.c', SOURCE]]) }), wish],
  ])('begins anew after one %s', (_what, earlier, about, asked) => {
    const next = beginMutation(earlier, about, asked);
    expect(next.session.id).not.toBe(first.session.id);
    expect(next.trials).toEqual([]);
  });

  it('of those that lived has these alone', () => {
    const [a, b, c] = first.mutants.map(({ id }) => id) as [string, string, string];
    const trials = [
      trialOf(a, { kind: 'survived', cells: ['x'] }),
      trialOf(b, { kind: 'killed', how: 'oracle', by: 'x', oracles: [], reason: '', cells: [] }),
      trialOf(c, { kind: 'unreached' }),
      trialOf('gone', { kind: 'unreached' }),
    ];
    const session = { ...first.session, ended: 'x' };
    const next = beginMutation({ session, trials }, subject(), { ...wish, surviving: true });
    expect(next.mutants.map(({ id }) => id).sort()).toEqual([a, c].sort());
    expect(next.session.count).toBe(2);
    const killed = trials.slice(1, 2);
    expect(() => beginMutation({ session, trials: killed }, subject(), { ...wish, surviving: true })).toThrow(/lived/);
    expect(() => beginMutation(undefined, subject(), { ...wish, surviving: true })).toThrow(/no session/);
  });
});

it.each([
  ['--count 0', /^phyrlab: .*Expected a whole number from 1 .*\n {2}usage: phyrlab mutate/],
  ['', /^phyrlab: no run in \S+ has measured coverage\n.*phyrlab coverage smoke\n$/],
  ['--coverage 2026', /^phyrlab: there is no run in \S+\n/],
])('phyrlab mutate %s is refused', (words, said) => {
  const runs = mkdtempSync(join(tmpdir(), 'phyrlab-mutate-'));
  try {
    const args = [LAUNCHER, 'mutate', ...words.split(' ').filter(Boolean), '--runs', runs];
    const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
    expect([status, stdout]).toEqual([64, '']);
    expect(stderr).toMatch(said);
  } finally {
    rmSync(runs, { recursive: true });
  }
});
