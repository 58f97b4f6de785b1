import { randomInt } from 'node:crypto';
import { resolve } from 'node:path';
import { Command } from 'commander';
import { openImages } from '../images/index.js';
import { type Asked, UsageError, whyUnfinished } from '../model/index.js';
import { type Plan, takeShard } from '../plan/index.js';
import { progressReporter, StatusLine } from '../report/index.js';
import { findRun, readRun, runsFolder } from '../results/index.js';
import { addConductOptions, type ConductOptions, conduct, type Job } from './conduct.js';
import { interruptible } from './interrupt.js';
import { addKernelOptions, type KernelOptions, kernelSpec, type Part, part, wholeNumber } from './options.js';
import { checkTargets, targetsOf } from './reports.js';
import { loadSuites, planOf } from './scenarios.js';

interface RunCommandOptions extends ConductOptions, KernelOptions {
  seed?: number;
  shard?: Part;
  lastFailed?: boolean;
  scenarios?: string;
}

export function runCommand(): Command {
  const command = new Command('run')
    .description('run the cells of suites or patterns (default: smoke) and judge them')
    .argument('[SUITE|PATTERN...]')
    .option(
      '--seed <N>',
      'seed of the run; a cell derives its own from it (default: a new one)',
      wholeNumber(0, 2 ** 32 - 1),
    )
    .option('--shard <I/N>', 'only the I-th of N parts, which run anywhere and are put together by phyrlab merge', part)
    .option('--scenarios <DIR>', 'also load the scenario files in this folder')
    .option(
      '--last-failed',
      'the cells of the newest run that ended without a pass, with its seed, kernel and scenarios',
    );
  addKernelOptions(command);
  return addConductOptions(command).action(run);
}

async function run(words: string[], options: RunCommandOptions): Promise<void> {
  const started = performance.now();
  const asking = options.lastFailed ? await lastFailed(words, options) : whatIsAsked(words, options);
  if (asking === undefined) return;
  const { seed, asked } = asking;
  const suites = await loadSuites(asked.scenarios);
  const job = jobOf(only(planOf(suites, asked.words, seed), asking.only), seed, asked, options.shard);
  const { targets, output } = targetsOf(options);
  await checkTargets(targets);

  using interrupt = interruptible();
  const status = new StatusLine(output);
  const { signal } = interrupt;
  await using images = await openImages({
    ...options,
    ...(asked.qemu !== undefined && { qemu: asked.qemu }),
    progress: progressReporter(status),
    signal,
  });
  const { exitCode } = await conduct(job, { ...options, targets, output, started }, { images, status, signal });
  process.exitCode = exitCode;
}

interface Asking {
  seed: number;
  asked: Asked;
  /** Of the cells that were asked for; else all of them. */
  only?: ReadonlySet<string>;
}

function whatIsAsked(words: string[], options: RunCommandOptions): Asking {
  if (options.shard !== undefined && options.seed === undefined)
    throw new UsageError('a shard needs --seed: all shards of a run have the same', 'e.g. the number of the CI run');
  return {
    seed: options.seed ?? randomInt(2 ** 32),
    asked: askedFor(words.length > 0 ? words : ['smoke'], options),
  };
}

/** What the newest run did not bring to a pass, though it was run to its end; as that run was asked for, where nothing else is said. */
async function lastFailed(words: string[], options: RunCommandOptions): Promise<Asking | undefined> {
  if (words.length > 0 || options.shard !== undefined)
    throw new UsageError('--last-failed says by itself which cells to run', 'leave out the names and --shard');
  const last = await readRun(findRun(runsFolder(options.runs)));
  const unfinished = last.cells.filter((record) => whyUnfinished(record) !== undefined);
  const bad = last.cells.filter(
    (record) => !['pass', 'xfail', 'skip'].includes(record.verdict) && !unfinished.includes(record),
  );
  if (bad.length === 0) {
    const but = unfinished.length > 0 ? `; ${unfinished.length} of its cells did not end` : '';
    process.stdout.write(`nothing failed in the newest run, ${last.run.id}${but}\n`);
    return undefined;
  }
  const ids = bad.map(({ id }) => id);
  const { kernel, kernelConfig, qemu, scenarios } = { ...last.run.asked, ...options };
  return {
    seed: options.seed ?? last.run.seed,
    // By the words of that run: a name alone may mean cells of several suites.
    asked: askedFor(last.run.asked?.words ?? ids, {
      ...(kernel !== undefined && { kernel }),
      ...(kernelConfig !== undefined && { kernelConfig }),
      ...(qemu !== undefined && { qemu }),
      ...(scenarios !== undefined && { scenarios }),
    }),
    only: new Set(ids),
  };
}

function only(plan: Plan, ids: ReadonlySet<string> | undefined): Plan {
  if (ids === undefined) return plan;
  const cells = plan.cells.filter(({ id }) => ids.has(id));
  if (cells.length === 0) throw new UsageError('the cells that failed are no more', 'phyrlab repro runs one as it was');
  return { cells, pruned: [], omitted: 0 };
}

function jobOf(whole: Plan, seed: number, asked: Asked, wanted: Part | undefined): Job {
  if (wanted === undefined) return { plan: whole, seed, asked };
  const { plan, ...part } = takeShard(whole, wanted);
  return { plan, seed, asked, part };
}

/** Paths as they are good from anywhere. */
export function askedFor(
  words: string[],
  { qemu, scenarios, ...kernel }: KernelOptions & { qemu?: string; scenarios?: string },
): Asked {
  const path = (option: string) => (option.includes('/') ? resolve(option) : option);
  return {
    words,
    kernel: kernelSpec(kernel),
    ...(qemu !== undefined && { qemu: path(qemu) }),
    ...(scenarios !== undefined && { scenarios: resolve(scenarios) }),
  };
}
