/** From what ran, by addresses, to what was reached, by files: pure. */
import { type Code, type CodeSection, upperBound } from './code.js';
import type { Block } from './map-file.js';

/** Where a module's sections were while it was loaded. One that was loaded twice has been in two places. */
export interface Loaded {
  module: string;
  sections: Readonly<Record<string, bigint>>;
}

/** Of one file. Functions and branches are numbers of those of its SourceFile. */
export interface FileReached {
  path: string;
  lines: ReadonlySet<number>;
  functions: ReadonlySet<number>;
  taken: ReadonlySet<number>;
  notTaken: ReadonlySet<number>;
}

export type CellReached = { files: FileReached[] } | { unread: string };

/** A section, and where it was. */
interface Instance {
  section: CodeSection;
  from: bigint;
  to: bigint;
  lines: readonly number[];
  functions: readonly number[];
  branches: ReadonlyMap<number, CodeSection['branches']>;
}

/**
 * What cannot be trusted is not read: no module that was loaded can have run nothing of its initialisation, and code where a module was
 * that is not the module's would be counted for it.
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
  if (kernel.other > kernel.same / 10) return { unread: 'the kernel that ran is not the one of the debug information' };
  for (const { module, sections } of loaded) {
    const initial = code.sections.find((one) => one.module === module && one.entry !== undefined);
    if (initial === undefined) return { unread: `the debug information of ${module} does not show where it begins` };
    const at = sections[initial.name];
    const instance = at === undefined ? undefined : known.get(`${module} ${initial.name} ${at}`);
    if (instance === undefined || !begun.has(instance))
      return { unread: `${module} was loaded, and its initialisation was not seen to run` };
  }
  return {
    files: [...files].flatMap(([number, reached]) => {
      const path = code.files[number]?.path;
      return path === undefined ? [] : [{ path, ...reached }];
    }),
  };
}

/** Two parts of one cell: it goes on in another guest. */
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

/** More of the bytes that stay as they were built are the same than are not; the kernel patches some of a module's. */
const ALIKE = 0.5;
/** Bytes of a block in which what is patched is the smaller part. */
const LONG = 16;

/**
 * Whose block it is. The memory of one module, or of what it needed only to begin, is the next one's: where several have been, its own
 * bytes decide.
 */
function bestOf(instances: readonly Instance[], block: Block): Instance | undefined {
  let best: { instance: Instance; alike: number } | undefined;
  for (const instance of instances) {
    if (block.at < instance.from || block.at >= instance.to) continue;
    // Nothing else is ever where the kernel is; whether it is this one is seen by all of its blocks.
    const { section } = instance;
    const alike = section.module === undefined ? 1 : likeness(section, Number(block.at - instance.from), block.code);
    if (alike >= ALIKE && (best === undefined || alike >= best.alike)) best = { instance, alike };
  }
  return best?.instance;
}

/** What share of the bytes is as it was built; 1 if all may be different. */
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
