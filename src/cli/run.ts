import { randomInt } from 'node:crypto';
import { existsSync, statSync } from 'node:fs';
import { access, constants, statfs } from 'node:fs/promises';
import { cpus, release, totalmem } from 'node:os';
import { dirname, resolve } from 'node:path';
import { Command } from 'commander';
import { cacheDirectory, openImages } from '../images/index.js';
import {
  describe,
  type Emit,
  ExitCode,
  exitCodeOf,
  type RunEvent,
  RunResult,
  SCHEMA_VERSION,
  UsageError,
} from '../model/index.js';
import { hostLoad, select } from '../plan/index.js';
import { probeAccelerator } from '../qemu/index.js';
import { p2pTable, progressReporter, StatusLine, styleFor, TerminalReport } from '../report/index.js';
import { historyFolder, newRunId, RunStore, runsFolder, samplesOf, writeJson, writeSamples } from '../results/index.js';
import { executeRun } from '../run/index.js';
import { interruptible } from './interrupt.js';
import { addImageOptions, type ImageOptions, wholeNumber } from './options.js';
import { loadSuites } from './scenarios.js';

interface RunCommandOptions extends ImageOptions {
  seed?: number;
  jobs?: number;
  json?: string;
  keep?: boolean;
  runs?: string;
  kernel: string;
  scenarios?: string;
  bootTimeout?: number;
}

const SPACE_MIB = 512;
const DEFAULT_KERNEL = '7.3';
const BOOT_TIMEOUT_S = 90;

export function runCommand(): Command {
  const command = new Command('run')
    .description('run the cells of suites or patterns (default: smoke) and judge them')
    .argument('[SUITE|PATTERN...]')
    .option(
      '--seed <N>',
      'seed of the run; a cell derives its own from it (default: a new one)',
      wholeNumber(0, 2 ** 32 - 1),
    )
    .option(
      '--jobs <N>',
      'guests at a time; one with more than two vCPUs counts as several (default: one a processor)',
      wholeNumber(1, 1024),
    )
    .option('--json <FILE>', "write the result as JSON; '-' is standard output, and the table goes to standard error")
    .option('--keep', 'keep consoles and traces of guests without a failure, too')
    .option('--runs <DIR>', 'where runs are kept (default: $PHYRLAB_RUNS, ~/.local/state/phyrlab/runs)')
    .option(
      '--kernel <RELEASE|DIR>',
      'a kernel of the locks (7.3, 7.2, debug) or the build tree of your own',
      DEFAULT_KERNEL,
    )
    .option('--scenarios <DIR>', 'also load the scenario files in this folder')
    .option(
      '--boot-timeout <SECONDS>',
      `a guest that is not ready by then is lost (default: ${BOOT_TIMEOUT_S}, longer with a kernel that checks itself)`,
      wholeNumber(1, 3600),
    );
  return addImageOptions(command).action(run);
}

async function run(words: string[], options: RunCommandOptions): Promise<void> {
  const started = performance.now();
  const suites = await loadSuites(options.scenarios);
  const seed = options.seed ?? randomInt(2 ** 32);
  const plan = select(suites, words.length > 0 ? words : ['smoke'], seed);
  const output = options.json === '-' ? process.stderr : process.stdout;
  if (options.json !== undefined && options.json !== '-') await checkWritable(options.json);

  using interrupt = interruptible();
  const { signal } = interrupt;
  const status = new StatusLine(output);
  const progress = progressReporter(status);
  await using images = await openImages({ ...options, progress, signal });
  const image = await images.image(options.kernel);
  const id = newRunId();
  using store = await RunStore.create(runsFolder(options.runs), id);
  await checkSpace(store.folder);
  const accelerator = await probeAccelerator({ ...image, cacheDir: cacheDirectory(undefined, process.env), signal });
  signal.throwIfAborted();

  const terminal = new TerminalReport(status, styleFor(output));
  const emit: Emit<RunEvent> = (event) => {
    store.append(event);
    terminal.consume(event);
  };
  const record = {
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
  };
  emit({ type: 'run-start', at: record.started, run: record, cells: plan.cells, pruned: plan.pruned });
  const cells = await executeRun({
    plan,
    repro: (cellId) => reproCommand(cellId, seed, options),
    kernelKey: image.kernel.key,
    host: hostLoad(cpus().length, totalmem() / 2 ** 20, options.jobs),
    accelerator: accelerator.accelerator,
    image: ({ plants, machine }) => images.image(options.kernel, { plants, machine }),
    folder: store.folder,
    keep: options.keep ?? false,
    bootDeadlineMs: (options.bootTimeout ?? BOOT_TIMEOUT_S * image.kernel.patience) * 1000,
    emit,
    signal,
  });
  const exitCode = signal.aborted ? ExitCode.interrupted : exitCodeOf(cells.map((cell) => cell.verdict));
  const duration_ms = Math.round(performance.now() - started);
  emit({ type: 'run-end', at: new Date().toISOString(), exitCode, interrupted: signal.aborted });
  const result = RunResult.parse({
    schema: SCHEMA_VERSION,
    run: { ...record, duration_ms, interrupted: signal.aborted, exit_code: exitCode },
    cells,
  });
  terminal.table(p2pTable(plan.cells, cells));
  terminal.totals(cells, duration_ms, store.folder);
  process.exitCode = exitCode;
  await store.writeResult(result);
  const samples = signal.aborted ? undefined : samplesOf(result, plan.cells);
  if (samples !== undefined) await writeSamples(historyFolder(runsFolder(options.runs)), samples.header, samples.lines);
  if (options.json === '-') process.stdout.write(`${JSON.stringify(result, null, 2)}\n`);
  else if (options.json !== undefined) await writeJson(resolve(options.json), result);
}

/** The one command that runs exactly this cell again: whatever was not the default and decides what runs. */
function reproCommand(cellId: string, seed: number, { kernel, qemu, scenarios }: RunCommandOptions): string {
  const path = (option: string) => (option.includes('/') ? resolve(option) : option);
  return [
    `npx phyrlab run '${cellId}' --seed ${seed}`,
    ...(kernel === DEFAULT_KERNEL ? [] : [`--kernel ${path(kernel)}`]),
    ...(qemu === undefined ? [] : [`--qemu ${path(qemu)}`]),
    ...(scenarios === undefined ? [] : [`--scenarios ${resolve(scenarios)}`]),
  ].join(' ');
}

async function checkWritable(path: string): Promise<void> {
  const full = resolve(path);
  try {
    const there = existsSync(full);
    if (there && statSync(full).isDirectory()) throw new Error('it is a folder');
    await access(there ? full : dirname(full), constants.W_OK);
  } catch (error) {
    throw new UsageError(`--json: cannot write ${path}: ${describe(error)}`, 'name a file in a folder that is there');
  }
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
