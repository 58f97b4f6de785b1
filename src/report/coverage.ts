/** Coverage for a terminal and for programs: what cells reached of which file. Pure. */
import {
  type Count,
  type Coverage,
  cellsReaching,
  countsOf,
  linesByCells,
  type MergedFile,
  rangesText,
  unreachedIn,
} from '../coverage/index.js';
import { countOf, harmless, shortLine } from '../model/index.js';
import { aligned, wrapped } from '../terminal/index.js';
import type { Style } from './style.js';

const NAMED = 5;

export interface CoverageTextOptions {
  width: number;
  style: Style;
}

/** A table of folders and their files, and what was not read. */
export function coverageLines(coverage: Coverage, { width, style }: CoverageTextOptions): string[] {
  const { files } = coverage;
  const rows = byFolder(files).flatMap(([folder, inside]) => [
    { text: [folder, ...figures(inside)], folder: true },
    ...inside.map((file) => ({ text: [`  ${file.path.slice(folder.length + 1)}`, ...figures([file])], folder: false })),
  ]);
  const head = ['', 'lines', '', 'branches', ''];
  const table = aligned([head, ...rows.map(({ text }) => text), ['all', ...figures(files)]], (column) =>
    column === 0 ? 'left' : 'right',
  ).map((row) => row.join('  ').trimEnd());
  return [
    ...table.map((line, at) => (rows[at - 1]?.folder === false ? line : style.good(line))),
    '',
    ...summaryLines(coverage, width),
  ];
}

function figures(files: readonly MergedFile[]): string[] {
  const { lines, branches } = countsOf(files);
  return [share(lines), percent(lines), share(branches), percent(branches)];
}

function share({ reached, all }: Count): string {
  return all === 0 ? '-' : `${reached}/${all}`;
}

/** All is 100 %, and no less. */
export function percent({ reached, all }: Count): string {
  return all === 0 ? '' : `${Math.floor((100 * reached) / all)} %`;
}

/** A module's folder; of the kernel the folder of the subsystem. */
function byFolder(files: readonly MergedFile[]): [string, MergedFile[]][] {
  const folders = new Map<string, MergedFile[]>();
  for (const file of files) {
    const folder = /^[^/]+(\/[^/]+)?(?=\/)/.exec(file.path)?.[0] ?? '';
    folders.set(folder, [...(folders.get(folder) ?? []), file]);
  }
  return [...folders];
}

/** How much, by how many cells; and all that is missing in it. */
export function summaryLines({ cells, files, unread, planted }: Coverage, width: number): string[] {
  const { lines, branches } = countsOf(files);
  const said = (one: Count) => `${one.reached} of ${one.all}`;
  const kernel = files.some(({ path }) => !path.startsWith('guest/'));
  return [
    `${countOf(cells.length, 'cell')} reached ${said(lines)} lines and ${said(branches)} ways of branches`,
    ...(unread.length === 0
      ? []
      : [`not read, and so counted for nothing: ${countOf(unread.length, 'cell')}`, ...some(unread.map(why))]),
    ...(planted.files.length === 0
      ? []
      : [
          `${countOf(planted.cells.length, 'cell')} ran modules with planted defects: in the ${countOf(planted.files.length, 'file')} that these change they do not count`,
        ]),
    ...(kernel ? [] : ['the lines of the kernel are not known without its debug information: --vmlinux']),
  ].flatMap((line) => wrapped(line, width));
}

function why({ cell, why }: Coverage['unread'][number]): string {
  return `  ${shortLine(cell)}: ${shortLine(why)}`;
}

function some(lines: readonly string[]): string[] {
  const more = lines.length - NAMED;
  return more > 0 ? [...lines.slice(0, NAMED), `  and ${more} more`] : [...lines];
}

/** @param text of the file's lines, if it is as it was compiled */
export function unreachedLines(file: MergedFile, text: readonly string[] | undefined, style: Style): string[] {
  const gaps = unreachedIn(file);
  const { lines } = countsOf([file]);
  const head = `${file.path}: ${lines.all - lines.reached} of ${countOf(lines.all, 'line')} not reached`;
  const changed = '  (the file is not as it was when it was compiled, so only the numbers of its lines are known)';
  const numbered = (line: number) => {
    const shown = `${String(line).padStart(6)}  ${harmless(text?.[line - 1] ?? '').replaceAll('\t', '    ')}`.trimEnd();
    return file.lines.has(line) ? shown : style.dim(shown);
  };
  return [
    style.bad(head),
    ...(text === undefined ? [changed] : []),
    ...gaps.flatMap(({ from, to }) =>
      text === undefined
        ? [`  ${from === to ? from : `${from}-${to}`}`]
        : [...Array.from({ length: to - from + 1 }, (_, at) => numbered(from + at)), ''],
    ),
  ];
}

/** Which cells reach one of these lines. */
export function reachingLines(coverage: Coverage, file: MergedFile, from: number, to: number): string[] {
  const lines = [...file.lines.keys()].filter((line) => line >= from && line <= to);
  const where = `${file.path}:${from === to ? from : `${from}-${to}`}`;
  if (lines.length === 0) return [`${where} has no code`];
  const cells = cellsReaching(coverage, file.path, lines);
  return cells.length === 0 ? [`${where}: no cell reaches it`] : cells;
}

/** For programs: which cells reach which lines, and what none reaches. */
export function coverageJson(coverage: Coverage, runs: readonly string[]): object {
  const { cells, files, unread, planted } = coverage;
  return {
    schema: 1,
    runs,
    cells,
    unread,
    planted,
    all: countsOf(files),
    files: files.map((file) => ({
      path: file.path,
      ...countsOf([file]),
      lines_by_cells: linesByCells(file).map((group) => ({ cells: group.cells, lines: rangesText(group.lines) })),
      functions_unreached: file.functions.filter((one) => one.cells.length === 0).map(({ name }) => name),
      branches_unreached: file.branches.filter(({ ways }) => ways < 2),
    })),
  };
}
