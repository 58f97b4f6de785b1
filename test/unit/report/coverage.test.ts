import { describe, expect, it } from 'vitest';
import type { Coverage } from '../../../src/coverage/index.js';
import {
  coverageJson,
  coverageLines,
  reachingLines,
  styleFor,
  summaryLines,
  unreachedLines,
} from '../../../src/report/index.js';

const plain = styleFor({ isTTY: false } as NodeJS.WriteStream);

const none: Coverage = { cells: [], files: [], unread: [], planted: { cells: [], files: [] } };
const map: Coverage['files'][number] = {
  path: 'guest/phyr/dma/map.c',
  lines: new Map([
    [1, [0, 1]],
    [2, [1]],
    [3, []],
    [5, []],
    [20, []],
  ]),
  functions: [{ name: 'phyr_map', line: 1, cells: [0] }],
  branches: [{ line: 2, column: 5, ways: 1 }],
};
const whole: Coverage['files'][number] = {
  path: 'guest/phyr_nvme/queue.c',
  lines: new Map([[1, [0]]]),
  functions: [],
  branches: [],
};
const coverage: Coverage = { ...none, cells: ['a', 'b'], files: [map, whole] };

describe('coverage in a terminal', () => {
  it('is a table of folders and files, and a sum', () => {
    expect(coverageLines(coverage, { width: 80, style: plain })).toEqual([
      '                 lines         branches',
      'guest/phyr         2/5   40 %       1/2  50 %',
      '  dma/map.c        2/5   40 %       1/2  50 %',
      'guest/phyr_nvme    1/1  100 %         -',
      '  queue.c          1/1  100 %         -',
      'all                3/6   50 %       1/2  50 %',
      '',
      '2 cells reached 3 of 6 lines and 1 of 2 ways of branches',
      'the lines of the kernel are not known without its debug information: --vmlinux',
    ]);
  });

  it('says of each cell that was not read why, and is not longer for a thousand', () => {
    const unread = Array.from({ length: 7 }, (_, at) => ({ cell: `cell-${at}`, why: 'the guest\u001b[31m panicked' }));
    const lines = summaryLines({ ...none, unread }, 80);
    expect(lines.slice(1, 3)).toEqual([
      'not read, and so counted for nothing: 7 cells',
      expect.stringMatching(/^ {2}cell-0: the guest.* panicked$/),
    ]);
    expect(lines.join('\n')).not.toContain('\u001b');
    expect(lines).toContain('  and 2 more');
  });

  it('says where cells do not count', () => {
    const lines = summaryLines({ ...none, planted: { cells: ['p'], files: ['guest/phyr/dma/map.c'] } }, 200);
    expect(lines[1]).toBe('1 cell ran modules with planted defects: in the 1 file that these change they do not count');
  });

  it('says nothing of the kernel where its lines are known', () => {
    const kernel = { ...whole, path: 'kernel/dma/direct.c' };
    expect(summaryLines({ ...none, files: [kernel] }, 80)).toHaveLength(1);
  });

  it('shows lines that no cell reaches, with what is between them', () => {
    const text = ['one', 'two', '\tthree();', '', '\tfive();'];
    expect(unreachedLines(map, text, plain)).toEqual([
      'guest/phyr/dma/map.c: 3 of 5 lines not reached',
      '     3      three();',
      '     4',
      '     5      five();',
      '',
      '    20',
      '',
    ]);
    expect(unreachedLines(map, undefined, plain).slice(1)).toEqual([
      '  (the file is not as it was when it was compiled, so only the numbers of its lines are known)',
      '  3-5',
      '  20',
    ]);
  });

  it('names the cells that reach a line, and says why there is none', () => {
    expect(reachingLines(coverage, map, 1, 1)).toEqual(['a', 'b']);
    expect(reachingLines(coverage, map, 2, 4)).toEqual(['b']);
    expect(reachingLines(coverage, map, 3, 3)).toEqual(['guest/phyr/dma/map.c:3: no cell reaches it']);
    expect(reachingLines(coverage, map, 4, 4)).toEqual(['guest/phyr/dma/map.c:4 has no code']);
  });

  it('is for programs which cells reach which lines', () => {
    expect(coverageJson(coverage, ['run'])).toMatchObject({
      schema: 1,
      runs: ['run'],
      cells: ['a', 'b'],
      files: [
        {
          path: 'guest/phyr/dma/map.c',
          lines: { reached: 2, all: 5 },
          lines_by_cells: [
            { cells: [0, 1], lines: '1' },
            { cells: [1], lines: '2' },
            { cells: [], lines: '3,5,20' },
          ],
          branches_unreached: [{ line: 2, column: 5, ways: 1 }],
        },
        {},
      ],
    });
  });
});
