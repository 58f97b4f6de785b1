/** The code that a guest can run, as source lines: debug information of each section of each object. */
import { posix } from 'node:path';
import { type Elf, type ElfSection, readElf } from '../host/index.js';
import { type Branch, branchesIn } from './disassembly.js';
import { lineRows, type Row } from './line-table.js';
import type { Range } from './map-file.js';

/** A file with its reachable code. */
export interface SourceFile {
  path: string;
  /** Lines with code. */
  lines: ReadonlySet<number>;
  functions: readonly { name: string; line: number }[];
  /**
   * Each conditional branch of the objects. One `if` has several if its function is inlined or its condition has
   * several parts.
   */
  branches: readonly { line: number; column: number }[];
}

/** A place in one of the files, found at an address of a section. */
interface Place {
  at: number;
  file: number;
}

export interface CodeSection {
  /** The module; `undefined` is the kernel. */
  module: string | undefined;
  name: string;
  /** Its address if it is not relocated: the kernel's. */
  address: bigint;
  bytes: Buffer;
  /** 1 for each byte that relocation does not change. */
  fixed: Uint8Array;
  /** All offsets are from the beginning of the section, and sorted. */
  lines: readonly (Place & { line: number })[];
  functions: readonly (Place & { index: number })[];
  /** `at` is the end of the branch instruction. */
  branches: readonly (Place & { index: number })[];
  /** Where a module's init function begins. */
  entry: number | undefined;
}

/** For a kernel, only the code that remains after boot. */
export interface Code {
  key: string;
  files: readonly SourceFile[];
  sections: readonly CodeSection[];
}

export interface ObjectCode {
  module: string | undefined;
  elf: Buffer;
  /** Output of `objdump -d --no-show-raw-insn`. */
  disassembly: string;
}

/** @param nameOf our path for a file, or undefined for a file that is not counted */
export function codeOf(
  key: string,
  objects: readonly ObjectCode[],
  nameOf: (path: string) => string | undefined,
): Code {
  const files = new Files();
  const sections = objects.flatMap((object) => sectionsOf(object, files, nameOf));
  return { key, files: files.all, sections };
}

/** Collects the code of each file while objects are read. */
class Files {
  readonly all: {
    path: string;
    lines: Set<number>;
    functions: SourceFile['functions'][number][];
    branches: SourceFile['branches'][number][];
  }[] = [];
  readonly #numbers = new Map<string, number>();

  number(path: string): number {
    const known = this.#numbers.get(path);
    if (known !== undefined) return known;
    this.#numbers.set(path, this.all.length);
    return this.all.push({ path, lines: new Set(), functions: [], branches: [] }) - 1;
  }
}

function sectionsOf(
  { module, elf, disassembly }: ObjectCode,
  files: Files,
  nameOf: (path: string) => string | undefined,
): CodeSection[] {
  const read = readElf(elf);
  const names = new Map<string, string | undefined>();
  const named = (path: string) => {
    if (!names.has(path)) names.set(path, nameOf(posix.normalize(path)));
    return names.get(path);
  };
  const rows = grouped(
    lineRows(read, (file) => named(file) !== undefined),
    ({ section }) => section,
  );
  const branches = grouped(branchesIn(disassembly), ({ section }) => section);
  return read.sections.flatMap((section) => {
    const own = rows.get(section.index);
    if (!section.executable || own === undefined || (module === undefined && section.name !== '.text')) return [];
    return [sectionOf(module, section, own, branches.get(section.name) ?? [], read, files, named)];
  });
}

/**
 * Padding before a function, and its cold part. Other variants that the compiler makes (`.isra.0`, `.part.0`) count as
 * the function.
 */
const NO_FUNCTION = /^__pfx_|\.cold(\.|$)/;

function sectionOf(
  module: string | undefined,
  section: ElfSection,
  rows: readonly Row[],
  branches: readonly Branch[],
  elf: Elf,
  files: Files,
  named: (path: string) => string | undefined,
): CodeSection {
  const { address, bytes, name, index } = section;
  const offset = (at: bigint) => Number(at - address);
  const sorted = [...rows].sort((a, b) => a.at - b.at);
  const starts = sorted.map((row) => row.at);
  const fileOf = (row: Row) => {
    const path = row.file === '' ? undefined : named(row.file);
    return path === undefined ? undefined : files.number(path);
  };
  // If several rows have one address, the first is the function's own line and the last is what the instruction belongs
  // to.
  const firstAt = (at: number) => sorted[upperBound(starts, at - 1)];
  const rowAt = (at: number) => sorted[upperBound(starts, at) - 1];

  const lines = sorted.flatMap((row) => {
    const file = row.statement && row.line > 0 ? fileOf(row) : undefined;
    if (file === undefined) return [];
    files.all[file]?.lines.add(row.line);
    return [{ at: row.at, file, line: row.line }];
  });
  const functions = elf.functions
    .filter((one) => one.section === index && !NO_FUNCTION.test(one.name))
    .flatMap((one) => {
      const at = offset(one.value);
      const row = firstAt(at);
      // Rows of files that are not counted have been dropped.
      const file = row && row.at === at && row.line > 0 ? fileOf(row) : undefined;
      if (row === undefined || file === undefined) return [];
      const known = files.all[file]?.functions ?? [];
      return [{ at, file, index: known.push({ name: one.name.replace(/\..*/, ''), line: row.line }) - 1 }];
    })
    .sort((a, b) => a.at - b.at);
  const ends = branches
    .flatMap((branch) => {
      const row = rowAt(offset(branch.at));
      const file = row && row.line > 0 ? fileOf(row) : undefined;
      if (row === undefined || file === undefined) return [];
      const known = files.all[file]?.branches ?? [];
      return [{ at: offset(branch.next), file, index: known.push({ line: row.line, column: row.column }) - 1 }];
    })
    .sort((a, b) => a.at - b.at);
  const entry = elf.functions.find((one) => one.section === index && one.name === 'init_module');
  return {
    module,
    name,
    address,
    bytes,
    fixed: fixedIn(bytes, elf.relocations(index)),
    lines,
    functions,
    branches: ends,
    entry: entry && offset(entry.value),
  };
}

/**
 * Loading changes relocated bytes and the opcode before them, since a call of a disabled function becomes another
 * instruction.
 */
function fixedIn(bytes: Buffer, relocations: readonly { offset: number }[]): Uint8Array {
  const fixed = new Uint8Array(bytes.length).fill(1);
  for (const { offset } of relocations) fixed.fill(0, Math.max(0, offset - 2), offset + 4);
  return fixed;
}

/** Address ranges to record: of the kernel, the code of counted lines; of modules, the whole range for modules. */
export function rangesOf({ sections }: Code, modules: Range): Range[] {
  const kernel = sections
    .filter(({ module }) => module === undefined)
    .flatMap(({ address, lines }) =>
      spans(lines.map(({ at }) => at)).map(([from, to]) => ({
        from: address + BigInt(from),
        to: address + BigInt(to),
      })),
    );
  return [...kernel, modules].sort((a, b) => (a.from < b.from ? -1 : 1));
}

/** Ranges of the kernel with code of counted files, since disassembling everything would take a minute. */
export function wantedSpans(elf: Buffer, nameOf: (path: string) => string | undefined): Range[] {
  const read = readElf(elf);
  const text = read.sections.find(({ name }) => name === '.text');
  if (text === undefined) return [];
  const rows = lineRows(read, (file) => nameOf(posix.normalize(file)) !== undefined).filter(
    ({ section, file }) => section === text.index && file !== '',
  );
  const starts = rows.map(({ at }) => at).sort((a, b) => a - b);
  return spans(starts, FAR).map(([from, to]) => ({ from: text.address + BigInt(from), to: text.address + BigInt(to) }));
}

/** Longer than the longest statement, and shorter than the gap between two objects that count. */
const NEAR = 4096;
/** Disassembling a gap of this size is cheaper than starting the program again. */
const FAR = 1 << 18;

function spans(starts: readonly number[], near = NEAR): [number, number][] {
  const found: [number, number][] = [];
  for (const at of starts) {
    const last = found.at(-1);
    if (last !== undefined && at - last[1] < near) last[1] = Math.max(last[1], at + 16);
    else found.push([at, at + 16]);
  }
  return found;
}

/** How many of the sorted numbers are at most this one. */
export function upperBound(sorted: readonly number[], value: number): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sorted[middle] ?? 0) <= value) low = middle + 1;
    else high = middle;
  }
  return low;
}

function grouped<T, K>(items: readonly T[], keyOf: (item: T) => K): Map<K, T[]> {
  const groups = new Map<K, T[]>();
  for (const item of items) {
    const key = keyOf(item);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [item]);
    else group.push(item);
  }
  return groups;
}
