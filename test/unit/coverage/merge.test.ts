import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import {
  type Code,
  CoverageFolder,
  cellsReaching,
  countsOf,
  type FileReached,
  lcov,
  linesByCells,
  mergeCoverage,
  type RunCoverage,
  readCoverage,
  unreachedIn,
} from '../../../src/coverage/index.js';
import { numbersIn, rangesText } from '../../../src/coverage/numbers.js';

const PATH = 'guest/two/two.c';

const file = (branches: [number, number][] = [[3, 5]]): Code['files'][number] => ({
  path: PATH,
  lines: new Set([1, 3, 4, 8]),
  functions: [
    { name: 'one', line: 1 },
    { name: 'eight', line: 8 },
  ],
  branches: branches.map(([line, column]) => ({ line, column })),
});

const reached = (lines: number[], more: Partial<Record<'functions' | 'taken' | 'notTaken', number[]>> = {}) => {
  const set = (key: keyof typeof more) => new Set(more[key] ?? []);
  const one: FileReached = {
    path: PATH,
    lines: new Set(lines),
    functions: set('functions'),
    taken: set('taken'),
    notTaken: set('notTaken'),
  };
  return { files: [one] };
};

function run(
  cells: Record<string, ReturnType<typeof reached> | { unread: string }>,
  { key = 'k1', hash = 'h', planted = false, branches = undefined as [number, number][] | undefined } = {},
): RunCoverage {
  return {
    codes: [{ key, planted, files: [{ ...file(branches), hash }] }],
    cells: Object.entries(cells).map(([cell, what]) => ({ cell, code: key, reached: what })),
  };
}

describe('merged coverage', () => {
  it('says which cells reach a line, and which lines none reaches', () => {
    const merged = mergeCoverage([run({ b: reached([3]), a: reached([1, 3]) })]);
    expect(merged.cells).toEqual(['a', 'b']);
    expect(cellsReaching(merged, PATH, [3])).toEqual(['a', 'b']);
    expect(cellsReaching(merged, PATH, [1, 4])).toEqual(['a']);
    expect(cellsReaching(merged, 'guest/other.c', [1])).toEqual([]);
    expect(merged.files.map(unreachedIn)).toEqual([[{ from: 4, to: 8 }]]);
    expect(merged.files.flatMap(linesByCells)).toEqual([
      { cells: [0], lines: [1] },
      { cells: [0, 1], lines: [3] },
      { cells: [], lines: [4, 8] },
    ]);
  });

  it('over runs counts a line once, and a branch by the ways of one instance', () => {
    const branches: [number, number][] = [
      [3, 5],
      [3, 5],
    ];
    const first = run({ a: reached([3], { taken: [0] }) }, { branches });
    const second = run({ b: reached([3], { notTaken: [1] }) }, { branches });
    expect(countsOf(mergeCoverage([first, second]).files)).toEqual({
      lines: { reached: 1, all: 4 },
      functions: { reached: 0, all: 2 },
      // Each instance went one way.
      branches: { reached: 1, all: 2 },
    });
    const third = run({ c: reached([3], { notTaken: [0] }) }, { branches });
    expect(countsOf(mergeCoverage([first, second, third]).files).branches).toEqual({ reached: 2, all: 2 });
  });

  it('takes a file that was compiled for two kernels as one file', () => {
    const one = run({ a: reached([1], { functions: [0] }) });
    const other = run({ a: reached([8], { functions: [1] }) }, { key: 'k2' });
    const merged = mergeCoverage([one, other]);
    expect(merged.cells).toEqual(['a']);
    expect(countsOf(merged.files)).toMatchObject({ lines: { reached: 2 }, functions: { reached: 2 } });
  });

  it('never takes what could not be read for nothing reached', () => {
    const merged = mergeCoverage([run({ a: { unread: 'the guest panicked' }, b: reached([1]) })]);
    expect(merged.cells).toEqual(['b']);
    expect(merged.unread).toEqual([{ cell: 'a', why: 'the guest panicked' }]);
    const again = mergeCoverage([run({ a: { unread: 'the guest panicked' } }), run({ a: reached([1]) })]);
    expect(again.unread).toEqual([]);
    const lost = run({ a: reached([1]) });
    expect(mergeCoverage([{ ...lost, codes: [] }]).unread).toEqual([
      { cell: 'a', why: 'the run lacks the description of the code that it ran' },
    ]);
  });

  it('refuses runs of different sources, and leaves out files that planted defects change', () => {
    expect(() => mergeCoverage([run({}), run({}, { key: 'k2', hash: 'other' })])).toThrow(
      `different sources: ${PATH} differs`,
    );
    const planted = run({ p: reached([1]) }, { key: 'k2', hash: 'other', planted: true });
    const merged = mergeCoverage([planted, run({ a: reached([3]) })]);
    expect(merged.planted).toEqual({ cells: ['p'], files: [PATH] });
    expect(countsOf(merged.files).lines.reached).toBe(1);
    const more = {
      ...planted.codes[0],
      key: 'k2',
      planted: true,
      files: [{ ...file(), path: 'guest/fault.c', hash: 'f' }],
    };
    expect(mergeCoverage([{ codes: [more], cells: [] }, run({})]).files.map(({ path }) => path)).toEqual([PATH]);
    const same = run({ p: reached([1]) }, { key: 'k2', planted: true });
    expect(countsOf(mergeCoverage([same, run({ a: reached([3]) })]).files).lines.reached).toBe(2);
  });

  it("is lcov's tracefile", () => {
    const merged = mergeCoverage([run({ a: reached([1, 3], { functions: [0], taken: [0] }) })]);
    expect(lcov(merged).split('\n')).toEqual([
      'TN:',
      `SF:${PATH}`,
      ...['FN:1,one', 'FN:8,eight', 'FNDA:1,one', 'FNDA:0,eight', 'FNF:2', 'FNH:1'],
      ...['BRDA:3,5,0,1', 'BRDA:3,5,1,0', 'BRF:2', 'BRH:1'],
      ...['DA:1,1', 'DA:3,1', 'DA:4,0', 'DA:8,0', 'LF:4', 'LH:2'],
      'end_of_record',
      '',
    ]);
    const never = mergeCoverage([run({ a: reached([1]) })]);
    expect(lcov(never)).toContain('BRDA:3,5,0,-');
  });
});

describe('coverage in the folder of a run', () => {
  const dir = mkdtemp(join(tmpdir(), 'phyrlab-coverage-'));
  afterAll(async () => rm(await dir, { recursive: true }));

  it('is read back as it was kept', async () => {
    const run = join(await dir, 'run');
    expect(await readCoverage(run)).toBeUndefined();
    const folder = new CoverageFolder(run);
    const code: Code = { key: 'k1', files: [file()], sections: [] };
    await folder.keepCode(code, false, new Map([[PATH, 'h']]));
    await folder.keepCell('m/t/w/phyr8', 'k1', reached([1, 3, 4], { functions: [0], taken: [0] }));
    await folder.keepCell('m/t/w/sg', 'k1', { unread: 'it panicked' });
    await folder.keepUnread('m/t/w/sg', 'later');
    await folder.keepUnread('m/t/w/iter', 'it never ran');
    const kept = await readCoverage(run);
    expect(kept?.codes).toEqual([{ key: 'k1', planted: false, files: [{ ...file(), hash: 'h' }] }]);
    expect(kept?.cells).toEqual([
      { cell: 'm/t/w/iter', code: 'none', reached: { unread: 'it never ran' } },
      { cell: 'm/t/w/phyr8', code: 'k1', reached: reached([1, 3, 4], { functions: [0], taken: [0] }) },
      { cell: 'm/t/w/sg', code: 'k1', reached: { unread: 'it panicked' } },
    ]);
  });

  it.each([
    ['no JSON', '{'],
    ['another schema', '{"schema":2,"cell":"a","code":"k","files":[]}'],
    ['ranges of anything', '{"schema":1,"cell":"a","code":"k","files":[{"path":"a.c","lines":"1-9e99"}]}'],
    ['a path that leads out', '{"schema":1,"cell":"a","code":"k","files":[{"path":"../a","lines":""}]}'],
  ])('is refused where it is %s', async (_, text) => {
    const run = join(await dir, 'damaged');
    await new CoverageFolder(run).keepUnread('a', 'why');
    await writeFile(join(run, 'coverage', 'a.json'), text);
    await expect(readCoverage(run)).rejects.toThrow(/a\.json is not a coverage file: \S.*$/);
  });
});

describe('ranges', () => {
  it.each(['', '7', '1-3', '1-3,5,9-10'])('are read as they are written: %j', (text) => {
    expect(rangesText(numbersIn(text))).toBe(text);
  });

  it('are sorted', () => {
    expect(rangesText([3, 1, 2, 9])).toBe('1-3,9');
  });
});
