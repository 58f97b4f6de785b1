import { randomInt } from 'node:crypto';
import { resolve } from 'node:path';
import { Command } from 'commander';
import { type Asked, type Script, UsageError } from '../model/index.js';
import { type Plan, takeShard } from '../plan/index.js';
import { runsFolder } from '../results/store.js';
import { say } from '../terminal/index.js';
import type { Job } from './conduct.js';
import { addConductOptions, addVmlinuxOption, type ConductOptions } from './conduct-options.js';
import { interruptible } from './interrupt.js';
import { addKernelOptions, CELLS, type KernelOptions, kernelSpec, type Part, part, wholeNumber } from './options.js';
import { checkTargets, targetsOf } from './reports.js';
import { loadSuites, planAsked } from './scenarios.js';
import { addScriptOptions, SCRIPT_PLACES, type ScriptOptions, scriptOf, withoutArguments } from './script.js';

interface RunCommandOptions extends ConductOptions, KernelOptions, ScriptOptions {
  seed?: number;
  shard?: Part;
  lastFailed?: boolean;
  scenarios?: string;
}

export function runCommand(): Command {
  const command = new Command('run')

    .argument('[SUITE|PATTERN...]', CELLS)
    .option(
      '--seed <N>',
      'the seed of the run, from which each cell derives its own (default: a random one)',
      wholeNumber(0, 2 ** 32 - 1),
    )
    .option('--shard <I/N>', 'run only the I-th of N parts; phyrlab merge combines the parts, wherever they ran', part)
    .option('--scenarios <DIR>', 'also load the scenario files in this folder')
    .option(
      '--last-failed',
      'run all cells that have not passed since they last ran, with the seed, kernel and scenarios that they had',
    )
    .option(
      '--coverage',
      'also measure which code each cell reaches (phyrlab coverage RUN shows it); emulates, also where there is KVM',
    );
  addVmlinuxOption(command);
  addScriptOptions(command);
  addKernelOptions(command);
  return addConductOptions(command).action(run);
}

async function run(named: string[], options: RunCommandOptions, { parent }: Command): Promise<void> {
  const started = performance.now();
  const { words, args } = withoutArguments(named, parent?.args ?? []);
  const script = scriptOf(options, args);
  const job = options.lastFailed ? await whatIsLeft(words, options) : await whatIsNamed(words, options, script);
  if (job === undefined) return;
  const { asked } = job;
  const { targets, output } = targetsOf(options);
  await checkTargets(targets);

  // Loaded late, so that a bad name is answered at once.
  const { openImages } = await import('../images/index.js');
  const { progressReporter, StatusLine } = await import('../report/index.js');
  const { conduct } = await import('./conduct.js');
  using interrupt = interruptible();
  using status = new StatusLine(output);
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

function whatIsAsked(
  words: string[],
  options: RunCommandOptions,
  script: Script | undefined,
): Pick<Job, 'seed' | 'asked'> {
  if (options.shard !== undefined && options.seed === undefined)
    throw new UsageError(
      '--shard needs --seed: all shards of a run have the same seed',
      'use e.g. the number of the CI run',
    );
  const unnamed = script === undefined ? 'smoke' : SCRIPT_PLACES;
  const asked = askedFor(words.length > 0 ? words : [unnamed], options);
  return { seed: options.seed ?? randomInt(2 ** 32), asked: script === undefined ? asked : { ...asked, script } };
}

/** All cells that have not passed, run as they were before unless the options say otherwise. */
async function whatIsLeft(words: string[], options: RunCommandOptions): Promise<Job | undefined> {
  if (words.length > 0 || options.shard !== undefined)
    throw new UsageError('--last-failed chooses the cells by itself', 'leave out the names and --shard');
  const { lastFailed } = await import('./last-failed.js');
  const left = await lastFailed(
    runsFolder(options.runs),
    (scenarios) => loadSuites(options.scenarios ?? scenarios),
    options.seed,
  );
  for (const note of left.notes) say(note);
  if (left.plan === undefined) return undefined;
  const { kernel, kernelConfig, qemu, scenarios } = { ...left.asked, ...options };
  const again = askedFor(left.asked.words, {
    ...(kernel !== undefined && { kernel }),
    ...(kernelConfig !== undefined && { kernelConfig }),
    ...(qemu !== undefined && { qemu }),
    ...(scenarios !== undefined && { scenarios }),
  });
  const { script } = left.asked;
  return { plan: left.plan, seed: left.seed, asked: script === undefined ? again : { ...again, script } };
}

async function whatIsNamed(words: string[], options: RunCommandOptions, script: Script | undefined): Promise<Job> {
  const { seed, asked } = whatIsAsked(words, options, script);
  return jobOf(planAsked(await loadSuites(asked.scenarios), asked, seed), seed, asked, options.shard);
}

function jobOf(whole: Plan, seed: number, asked: Asked, wanted: Part | undefined): Job {
  if (wanted === undefined) return { plan: whole, seed, asked };
  const { plan, ...part } = takeShard(whole, wanted);
  return { plan, seed, asked, part };
}

/** Makes paths absolute, so that they work from any folder. */
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
