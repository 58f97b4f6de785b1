import { describe, expect, it } from 'vitest';
import type { Coverage } from '../../../src/coverage/index.js';
import { diffOf, drawn, mutantsOf, mutated, reachOf } from '../../../src/mutate/index.js';

const SOURCE = `int f(int a)
{
	int err;

	if (a < 1) {
		err = -EIO;
		goto undo;
	}
	put_device(a,
		   2);
	return 0;
undo:
	return err;
}

static int g(int b) __must_check(b)
{
	return b == 2;
}
`;
const mutants = mutantsOf('a.c', SOURCE);
const one = (operator: string) => mutants.find((mutant) => mutant.operator === operator) as (typeof mutants)[number];

describe('mutants', () => {
  it('know their function and their line', () => {
    expect(mutants.filter(({ operator }) => operator === 'comparison').map((x) => [x.function, x.line])).toEqual([
      ['f', 5],
      ['g', 18],
    ]);
  });

  it('are called the same in another run, and each by a name of its own', () => {
    const ids = mutants.map(({ id }) => id);
    expect(mutantsOf('a.c', SOURCE).map(({ id }) => id)).toEqual(ids);
    expect(new Set(ids).size).toBe(ids.length);
    expect(mutantsOf('b.c', SOURCE)[0]?.id).not.toBe(ids[0]);
  });

  it('are drawn in the order of the seed, each operator in its turn', () => {
    const order = drawn(mutants, 7);
    expect(drawn([...mutants].reverse(), 7)).toEqual(order);
    expect(drawn(mutants, 8)).not.toEqual(order);
    expect(new Set(order).size).toBe(mutants.length);
    const operators = new Set(mutants.map(({ operator }) => operator));
    expect(new Set(order.slice(0, operators.size).map(({ operator }) => operator))).toEqual(operators);
  });

  it('of the same file come in the same order whatever other files there are', () => {
    const both = drawn([...mutants, ...mutantsOf('b.c', SOURCE)], 7).filter(({ file }) => file === 'a.c');
    const among = (operator: string) => (list: typeof both) => list.filter((mutant) => mutant.operator === operator);
    for (const { operator } of mutants) expect(among(operator)(both)).toEqual(among(operator)(drawn(mutants, 7)));
  });

  it('leave every other line where it was', () => {
    const after = mutated(SOURCE, one('dropped-release').edits).split('\n');
    expect(after.slice(8, 11)).toEqual(['\t{}', '', '\treturn 0;']);
    expect(after).toHaveLength(SOURCE.split('\n').length);
  });

  it('are shown as diff does', () => {
    expect(diffOf(one('comparison'), SOURCE)).toEqual([
      '--- a.c',
      '+++ a.c',
      '@@ -3,5 +3,5 @@',
      ' \tint err;',
      ' ',
      '-\tif (a < 1) {',
      '+\tif (a <= 1) {',
      ' \t\terr = -EIO;',
      ' \t\tgoto undo;',
    ]);
  });
});

describe('reach', () => {
  /** @param lines those with code, and the cells that reach them */
  const coverage = (lines: [number, number[]][]): Coverage => ({
    cells: ['x', 'y'],
    files: [{ path: 'guest/a.c', lines: new Map(lines), functions: [], branches: [] }],
    unread: [],
    planted: { cells: [], files: [] },
  });
  const reached = (lines: [number, number[]][]) => reachOf(coverage(lines), 'guest/a.c', one('lost-error'));

  it('is that of the line', () => {
    expect(
      reached([
        [5, [0, 1]],
        [6, [1]],
      ]),
    ).toEqual({ cells: ['y'], exact: true });
    expect(
      reached([
        [5, [0]],
        [6, []],
      ]),
    ).toEqual({ cells: [], exact: true });
  });

  it('of a line without code, that of what follows in its block, not that of the condition before', () => {
    expect(
      reached([
        [5, [0, 1]],
        [7, []],
        [9, [0]],
      ]),
    ).toEqual({ cells: [], exact: false });
  });

  it('else that of what comes before', () => {
    expect(
      reached([
        [5, [0]],
        [9, [1]],
      ]),
    ).toEqual({ cells: ['x'], exact: false });
  });

  it('of an unknown file is none', () => {
    expect(reachOf(coverage([]), 'guest/b.c', one('lost-error'))).toEqual({ cells: [], exact: false });
  });
});
