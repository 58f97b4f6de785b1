/** Merges the coverage of cells: over a run, over shards and runs, over kernels. Pure. */
import { UsageError } from '../model/index.js';
import type { FileReached } from './reached.js';
import type { KnownCode, RunCoverage } from './stored.js';

export interface MergedFile {
  path: string;
  /** Each line with code, and the cells that reached it as indices into `cells`. */
  lines: ReadonlyMap<number, readonly number[]>;
  functions: readonly { name: string; line: number; cells: readonly number[] }[];
  /** Each condition, and how many of its two directions were taken in its best instance. */
  branches: readonly { line: number; column: number; ways: 0 | 1 | 2 }[];
}

export interface Coverage {
  /** The cells whose coverage was read. */
  cells: readonly string[];
  files: readonly MergedFile[];
  /** Cells without coverage, and why. They count for nothing. */
  unread: readonly { cell: string; why: string }[];
  /**
   * Cells whose modules had planted defects, and the files that differ because of that. Those files do not count for
   * these cells.
   */
  planted: { cells: readonly string[]; files: readonly string[] };
}

/** A file may be compiled for several kernels, each time with other instances of its branches. */
class Merging {
  readonly lines = new Map<number, number[]>();
  readonly functions = new Map<string, { name: string; line: number; cells: number[] }>();
  /** Directions taken per instance, by code and number. */
  readonly instances = new Map<string, { line: number; column: number; ways: number }>();
  readonly path: string;
  readonly hash: string;

  constructor(path: string, hash: string) {
    this.path = path;
    this.hash = hash;
  }

  declare(key: string, { lines, functions, branches }: KnownCode['files'][number]): void {
    for (const line of lines) if (!this.lines.has(line)) this.lines.set(line, []);
    for (const { name, line } of functions)
      if (!this.functions.has(name)) this.functions.set(name, { name, line, cells: [] });
    for (const [number, { line, column }] of branches.entries())
      this.instances.set(`${key} ${number}`, { line, column, ways: 0 });
  }

  add(cell: number, { key }: KnownCode, file: KnownCode['files'][number], reached: FileReached): void {
    for (const line of reached.lines) push(this.lines.get(line), cell);
    for (const number of reached.functions) push(this.functions.get(file.functions[number]?.name ?? '')?.cells, cell);
    const way = (numbers: ReadonlySet<number>, bit: number) => {
      for (const number of numbers) {
        const instance = this.instances.get(`${key} ${number}`);
        if (instance !== undefined) instance.ways |= bit;
      }
    };
    way(reached.taken, 1);
    way(reached.notTaken, 2);
  }

  merged(): MergedFile {
    const branches = new Map<string, { line: number; column: number; ways: 0 | 1 | 2 }>();
    for (const { line, column, ways } of this.instances.values()) {
      const count = ways === 3 ? 2 : ways === 0 ? 0 : 1;
      const known = branches.get(`${line}:${column}`);
      if (known === undefined || known.ways < count) branches.set(`${line}:${column}`, { line, column, ways: count });
    }
    return {
      path: this.path,
      lines: new Map([...this.lines].sort(([a], [b]) => a - b)),
      functions: [...this.functions.values()].sort((a, b) => a.line - b.line),
      branches: [...branches.values()].sort((a, b) => a.line - b.line || a.column - b.column),
    };
  }
}

/** Adds the cell unless it is the last one already. */
function push(cells: number[] | undefined, cell: number): void {
  if (cells !== undefined && cells.at(-1) !== cell) cells.push(cell);
}

/** Refuses runs of different sources, since their line numbers would not match. */
export function mergeCoverage(runs: readonly RunCoverage[]): Coverage {
  const codes = new Map(runs.flatMap((run) => run.codes.map((code) => [code.key, code] as const)));
  const files = new Map<string, Merging>();
  // Only the product's sources count, whatever else was built from them.
  const byProduct = [...codes.values()].sort((a, b) => Number(a.planted) - Number(b.planted));
  const onlyPlanted = byProduct[0]?.planted ?? false;
  const other = new Set<string>();
  for (const code of byProduct)
    for (const file of code.files) {
      const known = files.get(file.path);
      // Files that exist only with planted defects are not part of the product.
      if (known === undefined && code.planted && !onlyPlanted) continue;
      if (known === undefined) {
        const merging = new Merging(file.path, file.hash);
        merging.declare(code.key, file);
        files.set(file.path, merging);
      } else if (known.hash === file.hash) known.declare(code.key, file);
      else if (code.planted) other.add(file.path);
      else
        throw new UsageError(`the runs have different sources: ${file.path} differs`, 'merge runs of the same sources');
    }

  const cells: string[] = [];
  const numbers = new Map<string, number>();
  const unread = new Map<string, string>();
  const planted = new Set<string>();
  // Go by cell, so that each line has its cells in order.
  const all = runs.flatMap((run) => run.cells).sort((a, b) => (a.cell < b.cell ? -1 : a.cell > b.cell ? 1 : 0));
  for (const { cell, code: key, reached } of all) {
    if ('unread' in reached) {
      unread.set(cell, reached.unread);
      continue;
    }
    const code = codes.get(key);
    if (code === undefined) {
      unread.set(cell, 'the run lacks the description of the code that it ran');
      continue;
    }
    const number = numbers.get(cell) ?? cells.push(cell) - 1;
    numbers.set(cell, number);
    if (code.planted) planted.add(cell);
    const known = new Map(code.files.map((file) => [file.path, file]));
    for (const one of reached.files) {
      const file = known.get(one.path);
      const merging = files.get(one.path);
      if (file !== undefined && merging?.hash === file.hash) merging.add(number, code, file, one);
    }
  }
  return {
    cells,
    files: [...files.values()].map((file) => file.merged()).sort((a, b) => (a.path < b.path ? -1 : 1)),
    // Another run may have read the same cell.
    unread: [...unread].filter(([cell]) => !numbers.has(cell)).map(([cell, why]) => ({ cell, why })),
    planted: { cells: [...planted].sort(), files: [...other].sort() },
  };
}

/** The cells that reach one of these lines: what to run after changing them. */
export function cellsReaching({ cells, files }: Coverage, path: string, lines: Iterable<number>): string[] {
  const file = files.find((one) => one.path === path);
  const found = new Set<number>();
  for (const line of lines) for (const cell of file?.lines.get(line) ?? []) found.add(cell);
  return [...found].sort((a, b) => a - b).flatMap((cell) => cells[cell] ?? []);
}

export interface Count {
  reached: number;
  all: number;
}

export interface FileCounts {
  lines: Count;
  functions: Count;
  /** Directions of conditions: two each. */
  branches: Count;
}

export function countsOf(files: readonly MergedFile[]): FileCounts {
  const counts: FileCounts = { lines: none(), functions: none(), branches: none() };
  for (const { lines, functions, branches } of files) {
    counts.lines.all += lines.size;
    for (const cells of lines.values()) if (cells.length > 0) counts.lines.reached++;
    counts.functions.all += functions.length;
    counts.functions.reached += functions.filter(({ cells }) => cells.length > 0).length;
    counts.branches.all += 2 * branches.length;
    for (const { ways } of branches) counts.branches.reached += ways;
  }
  return counts;
}

const none = (): Count => ({ reached: 0, all: 0 });

/** Groups the lines of a file by the cells that reach them. Few different sets of cells occur. */
export function linesByCells({ lines }: MergedFile): { cells: readonly number[]; lines: number[] }[] {
  const groups = new Map<string, { cells: readonly number[]; lines: number[] }>();
  for (const [line, cells] of lines) {
    const key = cells.join();
    const group = groups.get(key);
    if (group === undefined) groups.set(key, { cells, lines: [line] });
    else group.lines.push(line);
  }
  return [...groups.values()];
}

/** At most this many lines without code within a range. A longer gap is a comment, and something else follows. */
const NEAR = 5;

/** Ranges of lines that no cell reaches. */
export function unreachedIn({ lines }: MergedFile): { from: number; to: number }[] {
  const gaps: { from: number; to: number }[] = [];
  let open = false;
  for (const [line, cells] of lines) {
    const last = gaps.at(-1);
    if (cells.length > 0) open = false;
    else if (open && last !== undefined && line - last.to <= NEAR) last.to = line;
    else {
      gaps.push({ from: line, to: line });
      open = true;
    }
  }
  return gaps;
}
