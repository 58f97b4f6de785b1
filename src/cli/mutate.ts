import { randomInt } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { cpus, totalmem } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import { FileLock, openImages } from '../images/index.js';
import { countOf, ExitCode, UsageError } from '../model/index.js';
import { summaryOf, type Trial } from '../mutate/index.js';
import {
  mutantLine,
  mutationJson,
  mutationLines,
  pausedLine,
  progressReporter,
  StatusLine,
  type Style,
  styleFor,
} from '../report/index.js';
import { findRun, type MutationSession, Mutations, runsFolder, writeJson, writeWhole } from '../results/index.js';
import { print } from '../terminal/index.js';
import { interruptible } from './interrupt.js';
import { newestMeasured } from './measured.js';
import { Laboratory } from './mutants.js';
import { beginMutation, type Subject, subjectOf } from './mutation.js';
import { addImageOptions, type Duration, duration, type ImageOptions, RUN, wholeNumber } from './options.js';

export interface MutateOptions extends ImageOptions {
  count: number;
  seed?: number;
  surviving?: boolean;
  coverage?: string;
  fresh?: boolean;
  jobs?: number;
  maxTime?: Duration;
  cold?: boolean;
  json?: string;
  runs?: string;
}

const COUNT = 100;
const plain = (text: string) => text;
const PLAIN: Style = { good: plain, bad: plain, doubtful: plain, dim: plain };

export function mutateCommand(): Command {
  const command = new Command('mutate')

    .argument(
      '[FILE...]',
      'mutate only source files of the modules whose path contains this (default: all but those that measure or test)',
    )
    .option(
      '--count <N>',
      'how many mutants to try, without those that do not compile or change no code',
      wholeNumber(1, 100_000),
      COUNT,
    )
    .option(
      '--seed <N>',
      'which mutants: the same seed draws the same (default: a new one)',
      wholeNumber(0, 2 ** 32 - 1),
    )
    .option('--surviving', 'try again the mutants that nobody noticed in the last session')
    .option(
      '--coverage <RUN>',
      `the run whose cells are tried, by the coverage that it measured: ${RUN} (default: the newest that measured)`,
    )
    .option('--fresh', 'begin anew even if a session like this is unfinished')
    .option('--jobs <N>', 'how many mutants are tried at a time (default: one per processor)', wholeNumber(1, 1024))
    .option(
      '--max-time <DURATION>',
      'begin no mutant after this time (90s, 20m, 1h30m); the same command goes on later',
      duration,
    )
    .option('--cold', 'boot every guest, even if there is a snapshot of it')
    .option('--json <FILE>', "also write it as JSON; '-' is standard output")
    .option('--runs <DIR>', 'where runs are kept (default: $PHYRLAB_RUNS, ~/.local/state/phyrlab/runs)');
  return addImageOptions(command).action(mutate);
}

async function mutate(words: string[], options: MutateOptions): Promise<void> {
  const runs = runsFolder(options.runs);
  const measured = options.coverage === undefined ? newestMeasured(runs) : findRun(runs, options.coverage);
  const subject = await subjectOf(measured, words);
  const mutations = new Mutations(runs);
  await mkdir(mutations.folder, { recursive: true });
  await using lock = await FileLock.tryAcquire(join(mutations.folder, 'lock'));
  if (lock === null)
    throw new UsageError(
      `another phyrlab mutate is running in ${mutations.folder}`,
      'wait for it, or choose another --runs',
    );
  const output = options.json === '-' ? process.stderr : process.stdout;
  using status = new StatusLine(output);
  const style = styleFor(output);
  const last = await mutations.newest();
  const begun = beginMutation(last, subject, { ...options, newSeed: randomInt(2 ** 32) });
  const { session, trials } = begun;
  for (const line of begun.said) status.say(line);
  await mutations.begin(session);

  const earlier = last === undefined || session === last.session ? [] : last.trials;
  const all = await tryAll({ ...begun, subject, mutations, earlier }, options, { status, style });
  if (all) session.ended = new Date().toISOString();
  await mutations.save(session);
  for (const line of ['', ...mutationLines(session, trials, { width: status.width, style, whole: false })])
    status.print(line);
  status.print(style.dim(`report.txt and result.json in ${mutations.folderOf(session)}`));
  const text = mutationLines(session, trials, { width: Number.POSITIVE_INFINITY, style: PLAIN, whole: true });
  await writeWhole(join(mutations.folderOf(session), 'report.txt'), `${text.join('\n')}\n`);
  const json = mutationJson(session, trials);
  await writeJson(join(mutations.folderOf(session), 'result.json'), json);
  if (options.json === '-') print(process.stdout, JSON.stringify(json, null, 2));
  else if (options.json !== undefined) await writeJson(options.json, json);
  process.exitCode = exitCodeOf(trials);
}

/** Whoever lives and was reached is a defect that nobody noticed. */
function exitCodeOf(trials: readonly Trial[]): number {
  const { all } = summaryOf(trials);
  if (all.survived > 0) return ExitCode.failed;
  return all.unjudged > 0 || all.killed === 0 ? ExitCode.inconclusive : ExitCode.ok;
}

interface Underway {
  session: MutationSession;
  /** Grows. */
  trials: Trial[];
  /** Of the last session: they tell which cells are worth trying first. */
  earlier: readonly Trial[];
  subject: Subject;
  mutations: Mutations;
  mutants: readonly Subject['mutants'][number][];
}

/** False if there was no time for all. */
async function tryAll(
  { session, trials, earlier, subject, mutations, mutants }: Underway,
  options: MutateOptions,
  { status, style }: { status: StatusLine; style: Style },
): Promise<boolean> {
  const done = new Set(trials.map(({ id }) => id));
  const counted = () => trials.filter(({ outcome }) => outcome.kind !== 'skipped').length;
  const queue = mutants.filter(({ id }) => !done.has(id));
  if (counted() >= session.count || queue.length === 0) return true;
  using interrupt = interruptible();
  /** What ends one ends all. */
  const stop = new AbortController();
  const signal = AbortSignal.any([interrupt.signal, stop.signal]);
  const started = performance.now();
  const late = () => options.maxTime !== undefined && performance.now() - started > options.maxTime.ms;
  try {
    await using images = await openImages({
      ...options,
      ...qemuOf(subject, options),
      progress: progressReporter(status),
      signal,
    });
    await using laboratory = await Laboratory.open(subject, images, {
      folder: join(mutations.folderOf(session), 'guests'),
      cold: options.cold ?? false,
      signal,
    });
    let underway = 0;
    const lead = () => `${counted()}/${session.count} mutants`;
    status.lead(lead);
    const worker = async () => {
      // What is under way may count, so that the same seed tries the same ones, however many at a time.
      while (!signal.aborted && !late() && counted() + underway < session.count) {
        const mutant = queue.shift();
        if (mutant === undefined) return;
        underway++;
        try {
          status.now(mutant.id, `${mutant.file}:${mutant.line} ${mutant.operator}`);
          const trial = await laboratory.try(mutant, { trials, earlier }, (what) =>
            status.now(mutant.id, `${mutant.file}:${mutant.line} ${mutant.operator}: ${what}`),
          );
          await mutations.add(session, trial);
          trials.push(trial);
          for (const line of mutantLine(trial, { width: status.width, style })) status.print(line);
        } catch (error) {
          stop.abort(error);
        } finally {
          underway--;
          status.now(mutant.id, undefined);
        }
      }
    };
    const jobs = options.jobs ?? Math.max(1, Math.min(cpus().length, Math.floor(totalmem() / 2 ** 30 / 3)));
    await Promise.all(Array.from({ length: jobs }, worker));
    signal.throwIfAborted();
  } catch (error) {
    status.clear();
    if (interrupt.signal.aborted) status.say(pausedLine(counted(), session.count));
    throw error;
  }
  status.clear();
  if (counted() >= session.count) return true;
  const over = queue.length > 0;
  if (over) status.say(`--max-time ${options.maxTime?.said} is over: ${pausedLine(counted(), session.count)}`);
  else status.say(`there are no more than ${countOf(counted(), 'mutant')}`);
  return !over;
}

/** What the cells were measured with is what they are tried with. */
function qemuOf({ asked }: Subject, { qemu }: MutateOptions): { qemu?: string } {
  const own = qemu ?? asked.qemu;
  return own === undefined ? {} : { qemu: own };
}
