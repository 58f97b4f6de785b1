/** Turns the blocks that ran, which have addresses, into lines, functions and branches of files. Pure. */
import { type Code, type CodeSection, upperBound } from './code.js';
import type { Block } from './map-file.js';

/** The addresses of a module's sections while it was loaded. A module that was loaded twice has two. */
export interface Loaded {
  module: string;
  sections: Readonly<Record<string, bigint>>;
}

/** For one file. Functions and branches are indices into its SourceFile. */
export interface FileReached {
  path: string;
  lines: ReadonlySet<number>;
  functions: ReadonlySet<number>;
  taken: ReadonlySet<number>;
  notTaken: ReadonlySet<number>;
}

export type CellReached = { files: FileReached[] } | { unread: string };

/** A section at an address. */
interface Instance {
  section: CodeSection;
  from: bigint;
  to: bigint;
  lines: readonly number[];
  functions: readonly number[];
  branches: ReadonlyMap<number, CodeSection['branches']>;
}

/**
 * Refuses what cannot be trusted: if a module was loaded, some of its init code must have run, and code at the address
 * of a module that does not match the module's bytes is not counted for it.
 */
export function reachedBy(code: Code, loaded: readonly Loaded[], blocks: readonly Block[]): CellReached {
  const known = new Map<string, Instance>();
  const instances: Instance[] = [];
  const add = (section: CodeSection, from: bigint) => {
    const key = `${section.module} ${section.name} ${from}`;
    if (known.has(key)) return;
    const instance = instanceOf(section, from);
    known.set(key, instance);
    instances.push(instance);
  };
  for (const section of code.sections) if (section.module === undefined) add(section, section.address);
  for (const { module, sections } of loaded)
    for (const section of code.sections) {
      const at = section.module === module ? sections[section.name] : undefined;
      if (at !== undefined) add(section, at);
    }
  const files = new Map<number, Mutable>();
  const begun = new Set<Instance>();
  const kernel = { same: 0, other: 0 };
  for (const block of blocks) {
    const instance = bestOf(instances, block);
    if (instance === undefined) continue;
    const at = Number(block.at - instance.from);
    if (instance.section.module === undefined && block.bytes >= LONG)
      kernel[likeness(instance.section, at, block.code) >= ALIKE ? 'same' : 'other']++;
    if (instance.section.entry === at) begun.add(instance);
    mark(files, instance, at, block);
  }
  if (kernel.other > kernel.same / 10) return { unread: 'the debug information does not match the kernel that ran' };
  for (const { module, sections } of loaded) {
    const initial = code.sections.find((one) => one.module === module && one.entry !== undefined);
    if (initial === undefined) return { unread: `the debug information of ${module} has no init function` };
    const at = sections[initial.name];
    const instance = at === undefined ? undefined : known.get(`${module} ${initial.name} ${at}`);
    if (instance === undefined || !begun.has(instance))
      return { unread: `${module} was loaded, but its init function was not seen to run` };
  }
  return {
    files: [...files].flatMap(([number, reached]) => {
      const path = code.files[number]?.path;
      return path === undefined ? [] : [{ path, ...reached }];
    }),
  };
}

/** Joins two parts of one cell, which continued in another guest. */
export function both(one: CellReached, other: CellReached): CellReached {
  if ('unread' in one) return one;
  if ('unread' in other) return other;
  const files = new Map(one.files.map((file) => [file.path, file]));
  for (const file of other.files) {
    const known = files.get(file.path);
    files.set(file.path, known === undefined ? file : together(known, file));
  }
  return { files: [...files.values()] };
}

function together(one: FileReached, other: FileReached): FileReached {
  const of = (key: 'lines' | 'functions' | 'taken' | 'notTaken') => new Set([...one[key], ...other[key]]);
  return {
    path: one.path,
    lines: of('lines'),
    functions: of('functions'),
    taken: of('taken'),
    notTaken: of('notTaken'),
  };
}

interface Mutable {
  lines: Set<number>;
  functions: Set<number>;
  taken: Set<number>;
  notTaken: Set<number>;
}

function instanceOf(section: CodeSection, from: bigint): Instance {
  const branches = new Map<number, CodeSection['branches'][number][]>();
  for (const branch of section.branches) branches.set(branch.at, [...(branches.get(branch.at) ?? []), branch]);
  return {
    section,
    from,
    to: from + BigInt(section.bytes.length),
    lines: section.lines.map(({ at }) => at),
    functions: section.functions.map(({ at }) => at),
    branches,
  };
}

/**
 * A block belongs to an instance if at least this share of its fixed bytes matches; the kernel patches some of them.
 */
const ALIKE = 0.5;
/** In a block of this many bytes, patched ones are the minority. */
const LONG = 16;

/**
 * The instance that a block belongs to. Memory that one module or its init code used may belong to another one later.
 * If several fit, the block's bytes decide.
 */
function bestOf(instances: readonly Instance[], block: Block): Instance | undefined {
  let best: { instance: Instance; alike: number } | undefined;
  for (const instance of instances) {
    if (block.at < instance.from || block.at >= instance.to) continue;
    // Only the kernel is ever at these addresses. Whether it is the right kernel is judged by all of its blocks
    // together.
    const { section } = instance;
    const alike = section.module === undefined ? 1 : likeness(section, Number(block.at - instance.from), block.code);
    if (alike >= ALIKE && (best === undefined || alike >= best.alike)) best = { instance, alike };
  }
  return best?.instance;
}

/** The share of fixed bytes that match; 1 if there are none. */
function likeness({ bytes, fixed }: CodeSection, at: number, code: Uint8Array): number {
  let [same, all] = [0, 0];
  for (const [i, byte] of code.entries()) {
    if (fixed[at + i] !== 1) continue;
    all++;
    if (bytes[at + i] === byte) same++;
  }
  return all === 0 ? 1 : same / all;
}

function mark(
  files: Map<number, Mutable>,
  { section, lines, functions, branches }: Instance,
  at: number,
  block: Block,
): void {
  const of = (file: number) => {
    const known = files.get(file);
    if (known !== undefined) return known;
    const reached = {
      lines: new Set<number>(),
      functions: new Set<number>(),
      taken: new Set<number>(),
      notTaken: new Set<number>(),
    };
    files.set(file, reached);
    return reached;
  };
  const end = at + block.bytes;
  for (let i = upperBound(lines, at - 1); i < lines.length && (lines[i] ?? end) < end; i++) {
    const line = section.lines[i];
    if (line !== undefined) of(line.file).lines.add(line.line);
  }
  for (let i = upperBound(functions, at - 1); i < functions.length && (functions[i] ?? end) < end; i++) {
    const one = section.functions[i];
    if (one !== undefined) of(one.file).functions.add(one.index);
  }
  for (const branch of branches.get(end) ?? []) {
    if (block.taken) of(branch.file).taken.add(branch.index);
    if (block.notTaken) of(branch.file).notTaken.add(branch.index);
  }
}
