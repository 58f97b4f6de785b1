import { randomInt } from 'node:crypto';
import { resolve } from 'node:path';
import { Command } from 'commander';
import { openImages } from '../images/index.js';
import { type Asked, UsageError, whyUnfinished } from '../model/index.js';
import { type Plan, select, takeShard } from '../plan/index.js';
import { progressReporter, StatusLine } from '../report/index.js';
import { findRun, readRun, runsFolder } from '../results/index.js';
import { addConductOptions, type ConductOptions, conduct, DEFAULT_KERNEL, type Job } from './conduct.js';
import { interruptible } from './interrupt.js';
import { type Part, part, wholeNumber } from './options.js';
import { checkTargets, targetsOf } from './reports.js';
import { loadSuites } from './scenarios.js';

interface RunCommandOptions extends ConductOptions {
  seed?: number;
  shard?: Part;
  lastFailed?: boolean;
  kernel?: string;
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
    .option(
      '--kernel <RELEASE|DIR>',
      `a kernel of the locks (7.3, 7.2, debug) or the build tree of your own (default: ${DEFAULT_KERNEL})`,
    )
    .option('--scenarios <DIR>', 'also load the scenario files in this folder')
    .option('--last-failed', 'the cells of the newest run that did not pass, with its seed, kernel and scenarios');
  return addConductOptions(command).action(run);
}

async function run(words: string[], options: RunCommandOptions): Promise<void> {
  const started = performance.now();
  const asking = options.lastFailed ? await lastFailed(words, options) : whatIsAsked(words, options);
  if (asking === undefined) return;
  const { seed, asked } = asking;
  const suites = await loadSuites(asked.scenarios);
  const job = jobOf(select(suites, asked.words, seed), seed, asked, options.shard);
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
  const bad = last.cells.filter(
    (record) => !['pass', 'skip'].includes(record.verdict) && whyUnfinished(record) === undefined,
  );
  if (bad.length === 0) {
    process.stdout.write(`nothing failed in the newest run, ${last.run.id}\n`);
    return undefined;
  }
  const { kernel, qemu, scenarios } = { ...last.run.asked, ...options };
  return {
    seed: options.seed ?? last.run.seed,
    asked: askedFor(
      bad.map(({ id }) => id),
      {
        ...(kernel !== undefined && { kernel }),
        ...(qemu !== undefined && { qemu }),
        ...(scenarios !== undefined && { scenarios }),
      },
    ),
  };
}

function jobOf(whole: Plan, seed: number, asked: Asked, wanted: Part | undefined): Job {
  if (wanted === undefined) return { plan: whole, seed, asked };
  const { plan, ...part } = takeShard(whole, wanted);
  return { plan, seed, asked, part };
}

/** Paths as they are good from anywhere. */
export function askedFor(
  words: string[],
  { kernel = DEFAULT_KERNEL, qemu, scenarios }: { kernel?: string; qemu?: string; scenarios?: string },
): Asked {
  const path = (option: string) => (option.includes('/') ? resolve(option) : option);
  return {
    words,
    kernel: path(kernel),
    ...(qemu !== undefined && { qemu: path(qemu) }),
    ...(scenarios !== undefined && { scenarios: resolve(scenarios) }),
  };
}
