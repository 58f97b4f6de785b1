/** What became of mutants: the order of cells, the score, and what a person has explained. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  changedLine,
  explanationOf,
  inOrderOfPromise,
  mutantsOf,
  parseExplained,
  shares,
  summaryOf,
  type Trial,
} from '../../../src/mutate/index.js';

const ROOT = join(import.meta.dirname, '../../..');

function trial(id: string, outcome: Trial['outcome'], file = 'guest/a.c'): Trial {
  return { id, file, line: 1, function: 'f', operator: 'order', exact: true, diff: [], ms: 1000, outcome };
}
const killed = (by: string, cells: string[] = [], oracles: ('data' | 'faults')[] = ['data']) =>
  ({ kind: 'killed', how: 'oracle', by, oracles, reason: 'x', cells }) as const;

describe('cells are tried', () => {
  const cells = [
    { cell: 'slow', ms: 12_000 },
    { cell: 'quick', ms: 3000 },
    { cell: 'other', ms: 3000 },
  ];
  it('the cheapest first', () => {
    expect(inOrderOfPromise(cells, 'guest/a.c', [])).toEqual(['other', 'quick', 'slow']);
  });

  it('but those first that kill, and most in this file', () => {
    const passed = (id: string, file?: string) => trial(id, { kind: 'survived', cells: ['other', 'quick'] }, file);
    const trials = [trial('1', killed('slow', ['other', 'quick'])), passed('2'), passed('3')];
    expect(inOrderOfPromise(cells, 'guest/a.c', trials)[0]).toBe('slow');
    expect(inOrderOfPromise(cells, 'guest/b.c', trials)[0]).toBe('other');
  });
});

describe('the score', () => {
  const trials = [
    trial('1', killed('x', [], ['data', 'faults'])),
    trial('2', { ...killed('x'), how: 'died' }, 'guest/b.c'),
    trial('3', { kind: 'survived', cells: ['x'] }),
    trial('4', { kind: 'unreached' }),
    trial('5', { kind: 'explained', why: 'the same' }),
    trial('6', { kind: 'unjudged', reason: 'lost', cells: [] }),
    trial('7', { kind: 'skipped', why: 'same-code' }),
  ];
  const summary = summaryOf(trials);

  it('counts what was noticed of what was reached, and of all; nothing that nobody can judge', () => {
    expect(shares(summary.all)).toEqual({ reached: { killed: 2, of: 3 }, all: { killed: 2, of: 4 } });
  });

  it('is known by file and by oracle', () => {
    expect(summary.files.map(({ file, killed, survived }) => [file, killed, survived])).toEqual([
      ['guest/a.c', 1, 1],
      ['guest/b.c', 1, 0],
    ]);
    expect(summary.oracles).toEqual([
      { oracle: 'data', killed: 2 },
      { oracle: 'faults', killed: 1 },
    ]);
    expect([summary.how, summary.skipped]).toEqual([
      { oracle: 1, load: 0, died: 1, stuck: 0 },
      { 'does-not-compile': 0, 'same-code': 1, 'same-mutant': 0 },
    ]);
  });

  it('says how many an hour: of those that count, in the time of all', () => {
    expect(summary.anHour).toBeCloseTo((5 * 3600) / 7);
  });

  it('of nothing is nothing', () => {
    expect([summaryOf([]).anHour, summaryOf([]).files]).toEqual([0, []]);
  });
});

describe('explained mutants', () => {
  const text = readFileSync(join(ROOT, 'harness/mutants.json'), 'utf8');

  it('are still possible, each in a line of the sources as they are', () => {
    for (const one of parseExplained(text, 'harness/mutants.json')) {
      const source = readFileSync(join(ROOT, one.file), 'utf8');
      const found = mutantsOf(one.file, source).some(
        (mutant) => explanationOf(mutant, changedLine(mutant, source), [one]) !== undefined,
      );
      expect(found, `${one.file}: no ${one.operator} turns '${one.line}' into '${one.becomes}'`).toBe(true);
    }
  });

  it('are those of this file, operator and line alone', () => {
    const source = 'int f(int a)\n{\n\treturn a < 1;\n}\n';
    const one = {
      file: 'a.c',
      operator: 'comparison',
      line: 'return a < 1;',
      becomes: 'return a <= 1;',
      why: 'x'.repeat(20),
    };
    const explained = (change: Partial<typeof one>) =>
      mutantsOf('a.c', source).filter(
        (mutant) => explanationOf(mutant, changedLine(mutant, source), [{ ...one, ...change }]) !== undefined,
      ).length;
    expect(explained({})).toBe(1);
    for (const change of [{ file: 'b.c' }, { operator: 'order' }, { line: 'return a < 2;' }, { becomes: 'return a;' }])
      expect(explained(change)).toBe(0);
  });

  it.each(['{', '{}', '[{"file":"a.c"}]'])('%s is refused in one line', (wrong) => {
    expect(() => parseExplained(wrong, 'x.json')).toThrow(/^x\.json is no list of explained mutants: .+$/);
  });
});
