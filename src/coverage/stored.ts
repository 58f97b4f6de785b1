/**
 * Coverage in a run's folder: `coverage/code-KEY.json` has the lines with code, and a file for each cell says which of
 * them it reached. The files may come from another host, so they are parsed and limited in size.
 */
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { messageOf, UsageError } from '../model/index.js';
import type { Code, SourceFile } from './code.js';
import { numbersIn, RANGES, rangesText } from './numbers.js';
import type { CellReached, FileReached } from './reached.js';

export const COVERAGE = 'coverage';
const SCHEMA = 1;
/** Size limit of a file. A kernel with everything that we count has a tenth of that. */
const MOST_BYTES = 64 << 20;
const MOST_FILES = 20_000;

const Ranges = z
  .string()
  .max(1 << 20)
  .regex(RANGES);
const Path = z
  .string()
  .max(512)
  .regex(/^[\w.+-]+(\/[\w.+-]+)*$/);
const Key = z
  .string()
  .max(200)
  .regex(/^[\w.+-]+$/);
const Position = z.number().int().min(0).max(1_000_000);

const CodeFile = z.object({
  path: Path,
  /** Hash of the source as it was compiled. */
  hash: z.string().max(64),
  lines: Ranges,
  functions: z.array(z.tuple([z.string().max(256), Position])).max(100_000),
  branches: z.array(z.tuple([Position, Position])).max(100_000),
});

const StoredCode = z.object({
  schema: z.literal(SCHEMA),
  key: Key,
  planted: z.boolean(),
  files: z.array(CodeFile).max(MOST_FILES),
});

const Reached = z.object({ path: Path, lines: Ranges, functions: Ranges, taken: Ranges, notTaken: Ranges });

const StoredCell = z.object({
  schema: z.literal(SCHEMA),
  cell: z.string().max(1000),
  code: Key,
  files: z.array(Reached).max(MOST_FILES).optional(),
  unread: z.string().max(2000).optional(),
});

/** Reachable code, as saved in a run. */
export interface KnownCode {
  key: string;
  /** Built with planted defects: files with a defect have other lines than the product's. */
  planted: boolean;
  files: readonly (SourceFile & { hash: string })[];
}

/** What a cell reached of that code, or why that is unknown. */
export interface CellCoverage {
  cell: string;
  code: string;
  reached: CellReached;
}

export interface RunCoverage {
  codes: readonly KnownCode[];
  cells: readonly CellCoverage[];
}

export function codeFileName(key: string): string {
  return `code-${key}.json`;
}

/** @param hashes of the sources, by path */
export function storedCode(code: Code, planted: boolean, hashes: ReadonlyMap<string, string>): string {
  const stored: z.infer<typeof StoredCode> = {
    schema: SCHEMA,
    key: code.key,
    planted,
    files: code.files.map(({ path, lines, functions, branches }) => ({
      path,
      hash: hashes.get(path) ?? '',
      lines: rangesText(lines),
      functions: functions.map(({ name, line }) => [name, line]),
      branches: branches.map(({ line, column }) => [line, column]),
    })),
  };
  return `${JSON.stringify(stored)}\n`;
}

export function storedCell({ cell, code, reached }: CellCoverage): string {
  const stored: z.infer<typeof StoredCell> = {
    schema: SCHEMA,
    cell,
    code,
    ...('unread' in reached ? { unread: reached.unread.slice(0, 2000) } : { files: reached.files.map(storedFile) }),
  };
  return `${JSON.stringify(stored)}\n`;
}

function storedFile({ path, lines, functions, taken, notTaken }: FileReached): z.infer<typeof Reached> {
  return {
    path,
    lines: rangesText(lines),
    functions: rangesText(functions),
    taken: rangesText(taken),
    notTaken: rangesText(notTaken),
  };
}

export function parseCode(text: string): KnownCode {
  const { key, planted, files } = StoredCode.parse(JSON.parse(text));
  return {
    key,
    planted,
    files: files.map(({ path, hash, lines, functions, branches }) => ({
      path,
      hash,
      lines: numbersIn(lines),
      functions: functions.map(([name, line]) => ({ name, line })),
      branches: branches.map(([line, column]) => ({ line, column })),
    })),
  };
}

export function parseCell(text: string): CellCoverage {
  const { cell, code, files, unread } = StoredCell.parse(JSON.parse(text));
  if (files === undefined) return { cell, code, reached: { unread: unread ?? 'its coverage file is incomplete' } };
  return {
    cell,
    code,
    reached: {
      files: files.map((file) => ({
        path: file.path,
        lines: numbersIn(file.lines),
        functions: numbersIn(file.functions),
        taken: numbersIn(file.taken),
        notTaken: numbersIn(file.notTaken),
      })),
    },
  };
}

function whyNot(error: unknown): string {
  if (!(error instanceof z.ZodError)) return messageOf(error);
  const [issue] = error.issues;
  return `at '${issue?.path.join('.') ?? ''}': ${issue?.message ?? ''}`;
}

/** `undefined`: the run has no coverage. */
export async function readCoverage(folder: string): Promise<RunCoverage | undefined> {
  const dir = join(folder, COVERAGE);
  const names = await readdir(dir).catch(() => undefined);
  if (names === undefined) return undefined;
  const codes: KnownCode[] = [];
  const cells: CellCoverage[] = [];
  for (const name of names.filter((one) => one.endsWith('.json') && !one.startsWith('.')).sort()) {
    const file = join(dir, name);
    try {
      if ((await stat(file)).size > MOST_BYTES) throw new Error('it is too large');
      const text = await readFile(file, 'utf8');
      if (name.startsWith('code-')) codes.push(parseCode(text));
      else cells.push(parseCell(text));
    } catch (error) {
      throw new UsageError(
        `${file} is not a coverage file: ${whyNot(error)}`,
        'another version of phyrlab wrote it, or somebody changed it',
      );
    }
  }
  return { codes, cells };
}
