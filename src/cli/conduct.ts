/** What every command that runs cells does: images, a folder for the run, the guests, and what is told of it. */
import { statfs } from 'node:fs/promises';
import { cpus, release, totalmem } from 'node:os';
import { join } from 'node:path';
import type { Command } from 'commander';
import { cacheDirectory, FileLock, type Images } from '../images/index.js';
import type { Asked, Image, RunRecord, RunResult, Shard } from '../model/index.js';
import { UsageError } from '../model/index.js';
import { hostLoad, type Plan } from '../plan/index.js';
import { probeAccelerator } from '../qemu/index.js';
import { type StatusLine, styleFor } from '../report/index.js';
import { EVENTS, newRunId, RunStore, runsFolder } from '../results/index.js';
import { executeRun } from '../run/index.js';
import { addImageOptions, type Duration, duration, type ImageOptions, wholeNumber } from './options.js';
import { Recording } from './recording.js';
import { type ReportTarget, reportTarget } from './reports.js';

export interface ConductOptions extends ImageOptions {
  jobs?: number;
  json?: string;
  report?: ReportTarget[];
  keep?: boolean;
  runs?: string;
  bootTimeout?: number;
  retries?: number;
  failFast?: boolean;
  maxTime?: Duration;
}

const SPACE_MIB = 512;
const BOOT_TIMEOUT_S = 90;
export const DEFAULT_KERNEL = '7.3';

/** The options that mean the same for every command that runs cells. */
export function addConductOptions(command: Command): Command {
  command
    .option(
      '--jobs <N>',
      'guests at a time; one with more than two vCPUs counts as several (default: one a processor)',
      wholeNumber(1, 1024),
    )
    .option('--json <FILE>', "write the result as JSON; '-' is standard output, and the table goes to standard error")
    .option(
      '--report <FORMAT=FILE>',
      "also report as json, junit, ktap or kcidb; 'github' for annotations and a job summary; any number of times",
      reportTarget,
    )
    .option('--keep', 'keep consoles and traces of guests without a failure, too')
    .option('--runs <DIR>', 'where runs are kept (default: $PHYRLAB_RUNS, ~/.local/state/phyrlab/runs)')
    .option(
      '--boot-timeout <SECONDS>',
      `a guest that is not ready by then is lost (default: ${BOOT_TIMEOUT_S}, longer with a kernel that checks itself)`,
      wholeNumber(1, 3600),
    )
    .option(
      '--retries <N>',
      'try a cell that was lost so many times more; never one that failed (default: 0)',
      wholeNumber(0, 100),
    )
    .option('--fail-fast', 'the first failure ends the run; what has not ended by then is lost')
    .option('--max-time <DURATION>', 'end the run after 90s, 20m, 1h30m; what has not ended by then is lost', duration);
  return addImageOptions(command);
}

export interface Job {
  plan: Plan;
  seed: number;
  asked: Asked;
  /** Which part of the plan that was asked for this is, and the cells of the others. */
  part?: { shard: Shard; elsewhere: string[] };
  /** Sources of the modules in the place of guest/. */
  guest?: string | undefined;
  /** What it measures is no part of the history. */
  forget?: boolean;
  /** Looks at what will be booted before anything is. */
  onImage?: (image: Image) => Promise<void>;
}

export interface Conducted {
  id: string;
  exitCode: number;
  result: RunResult;
}

/** @param started when the command began, by performance.now() */
export async function conduct(
  job: Job,
  options: ConductOptions & { targets: readonly ReportTarget[]; output: NodeJS.WriteStream; started: number },
  { images, status, signal }: { images: Images; status: StatusLine; signal: AbortSignal },
): Promise<Conducted> {
  const { plan, seed, asked, part, guest, forget = false } = job;
  const image = await images.image(asked.kernel, { guest });
  await job.onImage?.(image);
  const runs = runsFolder(options.runs);
  const id = newRunId();
  using store = await RunStore.create(runs, id);
  // Whoever clears up old runs sees that this one is at work.
  await using _atWork = await FileLock.tryAcquire(join(store.folder, EVENTS));
  await checkSpace(store.folder);
  const accelerator = await probeAccelerator({ ...image, cacheDir: cacheDirectory(undefined, process.env), signal });
  signal.throwIfAborted();

  const { targets, output } = options;
  const recording = new Recording({ store, runs, targets, status, style: styleFor(output), forget });
  const run: RunRecord = {
    id,
    seed,
    started: new Date().toISOString(),
    host: {
      kernel: release(),
      cpus: cpus().length,
      memory_mib: Math.round(totalmem() / 2 ** 20),
      accelerator: accelerator.accelerator,
    },
    qemu: { version: image.qemu.version, key: image.qemu.key },
    kernel: { release: image.kernel.release, key: image.kernel.key },
    rootfs: { key: image.rootfs.key },
    modules: { key: image.modules.key },
    drift: images.drift(),
    asked,
    ...(part && { shard: part.shard }),
  };
  recording.consume({
    type: 'run-start',
    at: run.started,
    run,
    cells: plan.cells,
    pruned: plan.pruned,
    ...(part && { elsewhere: part.elsewhere }),
  });
  await executeRun({
    plan,
    run,
    repro: (cellId) => reproCommand(id, cellId, options.runs),
    host: hostLoad(cpus().length, totalmem() / 2 ** 20, options.jobs),
    accelerator: accelerator.accelerator,
    image: ({ plants, machine }) => images.image(asked.kernel, { plants, machine, guest }),
    decode: (log, booted) => images.decode(log, booted),
    folder: store.folder,
    keep: options.keep ?? false,
    bootDeadlineMs: (options.bootTimeout ?? BOOT_TIMEOUT_S * image.kernel.patience) * 1000,
    retries: options.retries ?? 0,
    failFast: options.failFast ?? false,
    limit: options.maxTime && {
      ms: options.started + options.maxTime.ms - performance.now(),
      said: options.maxTime.said,
    },
    emit: recording.consume,
    signal,
  });
  const duration_ms = Math.round(performance.now() - options.started);
  return { id, ...(await recording.conclude({ duration_ms, interrupted: signal.aborted })) };
}

/** The one command that runs exactly this cell of that run again. */
export function reproCommand(run: string, cellId: string, runs: string | undefined): string {
  return `npx phyrlab repro '${run}/${cellId}'${runs === undefined ? '' : ` --runs ${runsFolder(runs)}`}`;
}

/** Better said now than after half of the cells. */
async function checkSpace(folder: string): Promise<void> {
  const { bavail, bsize } = await statfs(folder);
  const free = Math.floor((bavail * bsize) / 2 ** 20);
  if (free < SPACE_MIB) {
    throw new UsageError(
      `only ${free} MiB are free where runs are kept (${folder}); ${SPACE_MIB} are needed`,
      'free some, or choose another folder with --runs DIR',
    );
  }
}
