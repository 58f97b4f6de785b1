/**
 * Loads the suites that come with phyrlab and those of the user's folder. Only this file imports harness/ with its known defects.
 */
import { readdir } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { z } from 'zod';
import { knownDefects } from '../../harness/findings.js';
import { suites as builtIn, consumers } from '../../harness/index.js';
import { type Asked, Machine, messageOf, Topology, UsageError } from '../model/index.js';
import { projectRoot } from '../model/project-root.js';
import { type Plan, select, withKnown, withOwnPatterns } from '../plan/index.js';
import { Block, type Cell, Suite, Workload } from '../workloads/index.js';
import { lineReporter, writtenAt } from './scenario-lines.js';
import { planOfScript } from './script.js';

export { consumers };

/** A schema that parses each object once, however many suites share it. */
function once<T>(schema: z.ZodType<T>) {
  const known = new WeakMap<object, T>();
  return z
    .custom<T & object>((value) => typeof value === 'object' && value !== null)
    .transform((part, { addIssue }) => {
      const parsed = known.get(part) ?? schema.safeParse(part).data;
      if (parsed === undefined) {
        addIssue('does not fit');
        return z.NEVER;
      }
      known.set(part, parsed);
      return parsed;
    });
}

/** Like Suite. If something does not fit, Suite says what. */
const BuiltIn = Suite.extend({
  blocks: z
    .array(
      Block.extend({
        machines: z.array(once(Machine)).min(1),
        topologies: z.array(once(Topology)).min(1),
        workloads: z.array(once(Workload)).min(1),
      }),
    )
    .min(1),
});

export async function loadSuites(folder?: string): Promise<Suite[]> {
  return together(
    builtIn.map((suite) => BuiltIn.safeParse(suite).data ?? parseSuite(suite, builtInAt(suite))),
    folder,
  );
}

/**
 * For commands that only show cells. The compiler has checked the built-in suites. The few rules that types cannot express are checked
 * before anything boots.
 */
export async function loadToShow(folder?: string): Promise<Suite[]> {
  return together(builtIn, folder);
}

const builtInAt = ({ id }: Suite) => `built-in suite '${id}'`;

async function together(ours: readonly Suite[], folder: string | undefined): Promise<Suite[]> {
  const own = folder === undefined ? [] : await loadFolder(resolve(folder));
  const loaded = [...ours.map((suite) => ({ suite, where: builtInAt(suite) })), ...own];
  const seen = new Map<string, string>();
  for (const { suite, where } of loaded) {
    const earlier = seen.get(suite.id);
    if (earlier !== undefined)
      throw new UsageError(
        `two suites are called '${suite.id}': ${earlier}, and ${where}`,
        'give one of them another id',
      );
    seen.set(suite.id, where);
  }
  return loaded.map(({ suite }) => suite);
}

/** The cells that the words name. Each knows the defects of the kernel that may show in it. */
export function planOf(suites: readonly Suite[], words: readonly string[], seed: number): Plan {
  return withKnown(select(suites, words, seed), knownDefects);
}

/** The same of what a run was asked for. */
export function planAsked(
  suites: readonly Suite[],
  { words, script }: Pick<Asked, 'words' | 'script'>,
  seed: number,
): Plan {
  const plan = planOf(suites, words, seed);
  return script === undefined ? plan : planOfScript(plan, script, seed);
}

/** A cell that was read from a file. */
export function fromOutside(cell: Cell): Cell {
  return withOwnPatterns(cell, knownDefects);
}

interface Loaded {
  suite: Suite;
  /** Where the suite comes from, for messages. */
  where: string;
}

async function loadFolder(folder: string): Promise<Loaded[]> {
  let names: string[];
  try {
    names = (await readdir(folder)).filter((name) => /\.(ts|mts|js|mjs)$/.test(name) && !name.endsWith('.d.ts')).sort();
  } catch (error) {
    throw new UsageError(`cannot read the scenario folder ${folder}: ${messageOf(error)}`);
  }
  if (names.length === 0) throw new UsageError(`no scenario files (.ts, .js) in ${folder}`);
  const suites = await Promise.all(names.map((name) => loadFile(join(folder, name))));
  return suites.flat();
}

/** A scenario file has a default export: a suite or a list of suites. */
async function loadFile(path: string): Promise<Loaded[]> {
  // Imported here only, because it loads a whole compiler.
  const { createJiti } = await import('jiti');
  // No cache on disk: a scenario folder may be read-only, and we leave nothing in it.
  const jiti = createJiti(import.meta.url, {
    fsCache: false,
    moduleCache: false,
    alias: { phyrlab: packageEntry() },
    transformOptions: { babel: { plugins: [lineReporter] } },
  });
  let exported: unknown;
  try {
    exported = await jiti.import(path, { default: true });
  } catch (error) {
    throw new UsageError(`scenario ${location(error, path)} does not load: ${firstLine(error, path)}`);
  }
  const list = Array.isArray(exported) ? exported : [exported];
  // Without a default export, jiti returns the whole module.
  if (list.length === 0 || !list.some(looksLikeSuite))
    throw new UsageError(`scenario ${path} has no suite as its default export`, `${SHAPE}: export default {...}`);
  return list.map((suite, i) => {
    resolvePaths(dirname(path), suite);
    const where = `scenario ${path}${list.length > 1 ? `, suite ${i}` : ''}`;
    return { suite: parseSuite(suite, where), where };
  });
}

/**
 * A path of the host that a workload names is relative to its scenario file. Changed in place, before anything is checked: what is wrong is
 * told by where it is written.
 */
function resolvePaths(folder: string, suite: unknown): void {
  for (const workload of each(suite, 'blocks').flatMap((block) => each(block, 'workloads'))) {
    for (const file of each(workload, 'files')) makeAbsolute(file, 'from', folder);
    makeAbsolute(field(field(workload, 'disk'), 'after'), 'holds', folder);
  }
}

function makeAbsolute(value: unknown, name: string, folder: string): void {
  const path = field(value, name);
  if (typeof path === 'string' && path !== '') (value as Record<string, unknown>)[name] = resolve(folder, path);
}

function each(value: unknown, name: string): unknown[] {
  const list = field(value, name);
  return Array.isArray(list) ? list : [];
}

function field(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined;
}

const SHAPE = 'a suite is {id, describe, blocks}; see harness/README.md';

function looksLikeSuite(value: unknown): boolean {
  return typeof value === 'object' && value !== null && ['id', 'describe', 'blocks'].some((key) => key in value);
}

/** What does not fit. If several forms are allowed, the message says what each of them expects. */
function wrong(issue: z.core.$ZodIssue): string {
  if (issue.code !== 'invalid_union' || issue.errors.length === 0) return issue.message;
  return [...new Set(issue.errors.flatMap(([first]) => (first === undefined ? [] : wrong(first))))].join('; or ');
}

function parseSuite(value: unknown, where: string): Suite {
  const parsed = Suite.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const at = issue && issue.path.length > 0 ? `, ${z.core.toDotPath(issue.path)}` : '';
  const written = writtenAt(value, issue?.path ?? []);
  throw new UsageError(
    `${written === undefined ? where : `scenario ${written}`}${at}: ${issue === undefined ? 'not a suite' : wrong(issue)}`,
    SHAPE,
  );
}

function packageEntry(): string {
  return join(projectRoot, 'dist', 'src', 'index.js');
}

/** `FILE:12`, if the error's stack or message has the line. */
function location(error: unknown, path: string): string {
  const text = error instanceof Error ? `${error.message}\n${error.stack ?? ''}` : '';
  const line =
    new RegExp(`${path.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}:(\\d+)`).exec(text)?.[1] ??
    /\((\d+):\d+\)/.exec(text)?.[1];
  return line === undefined ? path : `${path}:${line}`;
}

/** Without the place, which the message already has. */
function firstLine(error: unknown, path: string): string {
  return (messageOf(error).split('\n')[0] ?? '').replace(`${path}: `, '').replace(/ \(\d+:\d+\)$/, '');
}
