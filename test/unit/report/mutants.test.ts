import { describe, expect, it } from 'vitest';
import type { Trial } from '../../../src/mutate/index.js';
import { mutantLine, mutationJson, mutationLines } from '../../../src/report/index.js';
import type { MutationSession } from '../../../src/results/index.js';

const plain = (text: string) => text;
const style = { good: plain, bad: plain, doubtful: plain, dim: plain };
const session: MutationSession = {
  schema: 1,
  id: '20261129-000000-aaaa',
  started: '2026-11-29T00:00:00Z',
  seed: 7,
  count: 4,
  files: ['guest/a.c'],
  sources: 'k',
  run: '20261129-000000-bbbb',
};

function trial(line: number, outcome: Trial['outcome'], more: Partial<Trial> = {}): Trial {
  const diff = ['--- guest/a.c', '+++ guest/a.c', '@@ -1,1 +1,1 @@', `-\told${line}`, `+\tnew${line}\u001b[2J`];
  const place = { id: `${line}`, file: 'guest/a.c', line, function: 'f', operator: 'order', exact: true };
  return { ...place, diff, ms: 10_000, outcome, ...more };
}

const killed: Trial['outcome'] = {
  kind: 'killed',
  how: 'oracle',
  by: 'm/t/w/b',
  oracles: ['data', 'faults'],
  reason: 'r',
  cells: [],
};
const trials = [
  trial(1, killed),
  trial(2, { kind: 'survived', cells: ['m/t/w/a', 'm/t/w/b'] }, { exact: false }),
  trial(3, { kind: 'unreached' }),
  trial(4, { kind: 'skipped', why: 'does-not-compile' }),
  trial(5, { kind: 'unjudged', reason: 'm/t/w/b: host-stalled', cells: [] }),
];

describe('a report of mutants', () => {
  const lines = mutationLines(session, trials, { width: 80, style, whole: false });
  const text = lines.join('\n');

  it('has the score of each file, and how many an hour', () => {
    expect(text).toContain('guest/a.c       1         1          1        50 %    33 %');
    expect(text.replace(/\s+/g, ' ')).toContain(
      'killed 50 % of 2 reached, 33 % of all 3; seed 7, cells of 20261129-000000-bbbb, 288 mutants an hour, 2026-11-29',
    );
    expect(text).toContain('noticed by data 1, faults 1: 1 by an objection');
    expect(text).toContain('tried and left out: 1 do not compile');
  });

  it('has the diff of each that lives, and whether its line was reached; nothing of it moves the cursor', () => {
    expect(text).toContain('  -    old2\n  +    new2');
    expect(text.replace(/\s+/g, ' ')).toContain(
      '2 cells: m/t/w/a, m/t/w/b (its own line has no code; the nearest that has is reached)',
    );
    expect(text).not.toContain('\u001b');
    expect(text).not.toContain('old1');
  });

  it('has the lines of those that no cell reaches, and their diffs if all is wanted', () => {
    expect(text).toContain('not reached: no cell runs their lines\n  guest/a.c: 3\n');
    expect(text).not.toContain('old3');
    expect(mutationLines(session, trials, { width: 80, style, whole: true }).join('\n')).toContain('-    old3');
  });

  it('fits 80 columns', () => {
    expect(lines.filter((line) => line.length > 80)).toEqual([]);
    const each = trials.flatMap((one) => mutantLine(one, { width: 80, style }));
    expect(each.filter((line) => line.length > 80)).toEqual([]);
  });

  it('says of each at once what became of it', () => {
    const said = trials.map((one) => mutantLine(one, { width: 200, style }).join('\n'));
    expect(said).toEqual([
      'killed     guest/a.c:1 order  data, faults: m/t/w/b, 10.0 s',
      'survived   guest/a.c:2 order  2 cells passed, 10.0 s',
      'unreached  guest/a.c:3 order  no cell runs this line',
      '',
      'unjudged   guest/a.c:5 order  m/t/w/b: host-stalled',
    ]);
  });

  it('is there for programs, with all mutants', () => {
    const json = JSON.parse(JSON.stringify(mutationJson(session, trials)));
    expect(json).toMatchObject({ schema: 1, session, survivors: ['2'], unreached: ['3'], unjudged: ['5'] });
    expect(json.shares).toEqual({ reached: { killed: 1, of: 2 }, all: { killed: 1, of: 3 } });
    expect(json.mutants).toEqual(trials);
  });
});
