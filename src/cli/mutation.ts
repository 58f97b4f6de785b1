/** What a session of mutation is about: sources, the cells that may notice, and which mutants are tried in which order. */
import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { type Coverage, mergeCoverage } from '../coverage/index.js';
import { hashOf, moduleSources } from '../images/index.js';
import { type Asked, countOf, isGood, projectRoot, type RunRecord, UsageError } from '../model/index.js';
import { drawn, type Explained, type Mutant, mutantsOf, parseExplained, type Trial } from '../mutate/index.js';
import { builtWithPlants } from '../plan/index.js';
import { type MutationSession, newRunId, readRun } from '../results/index.js';
import type { Cell } from '../workloads/index.js';
import { measuredIn } from './measured.js';
import { DEFAULT_KERNEL } from './options.js';
import { fromOutside } from './scenarios.js';

export interface Subject {
  run: RunRecord;
  asked: Pick<Asked, 'kernel' | 'qemu'>;
  coverage: Coverage;
  /** Cells that ended as they should when their coverage was measured, with the time that they took. */
  cells: ReadonlyMap<string, { cell: Cell; ms: number }>;
  /** The text of each file that is mutated, by its path as the coverage names it. */
  sources: ReadonlyMap<string, string>;
  /** In the order of the sources. */
  mutants: readonly Mutant[];
  explained: readonly Explained[];
  /** Of the sources. */
  key: string;
}

const GUEST = 'guest/';
/** What measures, and what tests: a mistake there is none of the code under test. Who names them has them mutated. */
const NOT_UNDER_TEST = /^guest\/(phyr_probe|phyr_test)\//;
const UAPI = /(^|\/)uapi\//;
export const EXPLAINED = join('harness', 'mutants.json');

/** @param measured the folder of a run that measured coverage */
export async function subjectOf(measured: string, words: readonly string[]): Promise<Subject> {
  const kept = await measuredIn(measured);
  const { files, key } = moduleSources({ plants: false });
  const name = basename(measured);
  const product = kept.codes.filter(({ planted }) => !planted);
  if (product.length === 0)
    throw new UsageError(`the run ${name} measured only modules with planted defects`, 'phyrlab coverage smoke');
  for (const { path, hash } of product.flatMap((code) => code.files)) {
    if (!path.startsWith(GUEST)) continue;
    const text = files.get(path.slice(GUEST.length));
    if (text !== undefined && hashOf(text) === hash) continue;
    const what = text === undefined ? 'is gone' : 'has changed';
    throw new UsageError(
      `${path} ${what} since the run ${name} measured what cells reach`,
      'measure again: phyrlab coverage smoke',
    );
  }
  const coverage = mergeCoverage([kept]);
  const { run, cells: records, declared } = await readRun(measured);
  const passed = new Map(records.filter(({ verdict }) => isGood(verdict)).map((record) => [record.id, record]));
  const cells = new Map(
    coverage.cells.flatMap((id) => {
      const [cell, record] = [declared.get(id), passed.get(id)];
      // Those with planted defects run other modules, and judge the oracles.
      return cell === undefined || record === undefined || builtWithPlants(cell)
        ? []
        : [[id, { cell: fromOutside(cell), ms: record.duration_ms }] as const];
    }),
  );
  if (cells.size === 0)
    throw new UsageError(
      `no cell of the run ${name} passed and was measured`,
      'measure others: phyrlab coverage smoke',
    );
  const chosen = filesCalled(coverage, words);
  const sources = new Map(chosen.map((path) => [path, files.get(path.slice(GUEST.length))?.toString('utf8') ?? '']));
  return {
    run,
    asked: run.asked ?? { kernel: DEFAULT_KERNEL },
    coverage,
    cells,
    sources,
    mutants: [...sources].flatMap(([path, text]) => mutantsOf(path, text)),
    explained: parseExplained(readFileSync(join(projectRoot, EXPLAINED), 'utf8'), EXPLAINED),
    key,
  };
}

function filesCalled({ files }: Coverage, words: readonly string[]): string[] {
  const all = files.map(({ path }) => path).filter((path) => path.startsWith(GUEST) && !UAPI.test(path));
  if (words.length === 0) return all.filter((path) => !NOT_UNDER_TEST.test(path));
  const found = words.flatMap((word) => {
    const exact = all.filter((path) => path === word);
    const called = exact.length > 0 ? exact : all.filter((path) => path.includes(word));
    if (called.length === 0)
      throw new UsageError(
        `no source file of the modules with code is called '${word}'`,
        'phyrlab coverage lists those that are',
      );
    return called;
  });
  return [...new Set(found)].sort();
}

interface Wish {
  count: number;
  seed?: number;
  surviving?: boolean;
  fresh?: boolean;
  newSeed: number;
}

export interface Begun {
  session: MutationSession;
  /** Those that are done. */
  trials: Trial[];
  /** All that may be tried, in their order. */
  mutants: Mutant[];
  said: string[];
}

/** The last session goes on if it is unfinished and about the same; else one begins. */
export function beginMutation(
  last: { session: MutationSession; trials: readonly Trial[] } | undefined,
  subject: Subject,
  { count, seed, surviving = false, fresh = false, newSeed }: Wish,
  now = new Date(),
): Begun {
  const files = [...subject.sources.keys()];
  const same =
    last !== undefined &&
    last.session.ended === undefined &&
    last.session.sources === subject.key &&
    last.session.run === subject.run.id &&
    (last.session.only !== undefined) === surviving &&
    (surviving || (last.session.count === count && last.session.files.join() === files.join())) &&
    (seed === undefined || last.session.seed === seed);
  if (same && !fresh) {
    const { session, trials } = last;
    const mutants = orderOf(subject, session);
    return {
      session,
      trials: [...trials],
      mutants,
      said: [`goes on with session ${session.id} after ${countOf(trials.length, 'mutant')}`],
    };
  }
  const only = surviving ? livingIn(last, subject) : undefined;
  const session: MutationSession = {
    schema: 1,
    id: newRunId(now),
    started: now.toISOString(),
    seed: seed ?? (surviving ? last?.session.seed : undefined) ?? newSeed,
    count: only?.length ?? count,
    files,
    sources: subject.key,
    run: subject.run.id,
    ...(only !== undefined && { only }),
  };
  const mutants = orderOf(subject, session);
  if (mutants.length === 0)
    throw new UsageError('there is nothing to mutate in these files', 'name others, or none for all');
  const what =
    only === undefined
      ? `${count} of ${countOf(mutants.length, 'possible mutant')} of ${countOf(files.length, 'file')}, seed ${session.seed}`
      : `${countOf(mutants.length, 'mutant')} that lived`;
  return {
    session,
    trials: [],
    mutants,
    said: [`session ${session.id}: ${what}; ${countOf(subject.cells.size, 'cell')} of run ${subject.run.id}`],
  };
}

function orderOf({ mutants }: Subject, { seed, only }: MutationSession): Mutant[] {
  const wanted = only === undefined ? undefined : new Set(only);
  return drawn(
    mutants.filter(({ id }) => wanted?.has(id) ?? true),
    seed,
  );
}

function livingIn(last: { trials: readonly Trial[] } | undefined, subject: Subject): string[] {
  if (last === undefined) throw new UsageError('no session has tried mutants yet', 'phyrlab mutate');
  const lived = last.trials.filter(({ outcome }) => ['survived', 'unreached', 'unjudged'].includes(outcome.kind));
  if (lived.length === 0) throw new UsageError('no mutant of the last session lived', 'phyrlab mutate tries others');
  const known = new Set(subject.mutants.map(({ id }) => id));
  const there = lived.filter(({ id }) => known.has(id)).map(({ id }) => id);
  if (there.length === 0)
    throw new UsageError(
      'the mutants that lived are not in these sources as they are now',
      'phyrlab mutate tries others',
    );
  return there;
}
