import { describe, expect, it } from 'vitest';
import { aligned, columnsOf, commandLines, flowing, grid, wrapped } from '../../../src/terminal/index.js';

const WIDTHS = [20, 40, 80, 100, 160];
const words = 'the device and its peer are in one IOMMU group, and vfio-pci needs the whole group '.repeat(5).trim();
const longest = (lines: readonly string[]) => Math.max(...lines.map((line) => line.length));
const stream = (isTTY: boolean, columns: number) => ({ isTTY, columns }) as NodeJS.WriteStream;

it('a terminal has the columns that it says, a file as many as a line takes', () => {
  expect(columnsOf(stream(true, 132))).toBe(132);
  expect(columnsOf(stream(true, 0))).toBe(80);
  expect(columnsOf(stream(false, 132))).toBe(Number.POSITIVE_INFINITY);
});

describe('a text', () => {
  it.each(WIDTHS)('in %i columns loses nothing', (width) => {
    const lines = wrapped(`  ${words}`, width);
    expect(longest(lines)).toBeLessThanOrEqual(width);
    expect(lines.map((line) => line.trim()).join(' ')).toBe(words);
    for (const [at, line] of lines.entries()) expect(line).toMatch(at === 0 ? /^ {2}\w/ : /^ {4}\w/);
  });

  it('keeps a word whole that is longer than a line', () => {
    expect(wrapped('kept in /a/very/long/path/of/a/cell', 12)).toEqual(['kept in', '  /a/very/long/path/of/a/cell']);
  });

  it('is as long as it will be when it has been made harmless', () => {
    expect(longest(wrapped('\x1b[2J '.repeat(20), 40))).toBeLessThanOrEqual(40);
  });
});

it('a command that takes several lines is one for a shell', () => {
  const command =
    "/home/me/phyrlab/src/cli/phyrlab.mjs repro '20261121-054114-ed3b/vtd-strict/switch/fio-verify/phyr8'";
  expect(commandLines('reproduce:', command, 200)).toEqual([`reproduce: ${command}`]);
  const [label, ...lines] = commandLines('reproduce:', command, 67);
  expect([label, longest(lines) <= 67]).toEqual(['reproduce:', true]);
  expect(lines.join('\n').replace(/\\\n/g, ' ').trim().split(/\s+/)).toEqual(command.split(' '));
});

describe('a row whose last column is a text', () => {
  it.each(WIDTHS)('in %i columns', (width) => {
    const lines = flowing(['smoke  ', '  27 cells'], words, width);
    expect(longest(lines)).toBeLessThanOrEqual(width);
    expect(lines.map((line) => line.trim()).join(' ')).toContain(words);
    if (width >= 80) for (const line of lines.slice(1)) expect(line).toMatch(/^ {21}\w/);
  });

  it('is a line where that has room', () => {
    expect(flowing(['a', 'b'], 'c', 80)).toEqual(['a  b  c']);
  });
});

describe('a table', () => {
  const rows = [
    ['', ...Array.from({ length: 12 }, (_, at) => `backend${at}`)],
    ['4k 4 KiB', ...Array.from({ length: 12 }, (_, at) => `${at},000`)],
    ['2m 1 GiB', ...Array.from({ length: 12 }, (_, at) => `${at},111`)],
  ];
  const align = (column: number) => (column === 0 ? 'left' : 'right');

  it('has columns as wide as their widest entry', () => {
    expect(
      aligned(
        [
          ['a', '1'],
          ['bb', '22'],
        ],
        align,
      ),
    ).toEqual([
      ['a ', ' 1'],
      ['bb', '22'],
    ]);
  });

  it.each(WIDTHS)('in %i columns shows all, each entry below its heading', (width) => {
    const lines = grid(rows, { width, align });
    expect(longest(lines)).toBeLessThanOrEqual(width);
    for (const [at, name] of (rows[0] ?? []).entries()) {
      if (at === 0) continue;
      const head = lines.findIndex((line) => new RegExp(`\\b${name}\\b`).test(line));
      const end = (lines[head] ?? '').indexOf(name) + name.length;
      const below = lines.slice(head + 1, head + 3).map((line) => line.slice(0, end).split(/ +/).at(-1));
      expect(below).toEqual([rows[1]?.[at], rows[2]?.[at]]);
    }
  });

  it('without room for one column beside the names becomes lists', () => {
    const lines = grid(
      [
        ['between', 'bridge', 'strict'],
        ['two root ports', 'trusted', 'works, host bridge'],
      ],
      { width: 30, keys: 2, align: () => 'left' },
    );
    expect(lines).toEqual(['between two root ports, bridge', '  trusted', '  strict: works, host bridge']);
  });
});
