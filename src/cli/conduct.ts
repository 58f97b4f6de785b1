/** The part that all commands which run cells share: prepare the images and the run's folder, run the guests, report. */
import { existsSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { cpus, release, totalmem } from 'node:os';
import { dirname, join } from 'node:path';
import { cacheDirectory, FileLock, type Images } from '../images/index.js';
import {
  type Asked,
  type CellParts,
  countOf,
  type Image,
  type RunRecord,
  type RunResult,
  type Shard,
  UsageError,
} from '../model/index.js';
import { builtWithPlants, hostLoad, neededModules, type Plan } from '../plan/index.js';
import { probeAccelerator } from '../qemu/index.js';
import { type StatusLine, styleFor } from '../report/index.js';
import { EVENTS, type EventLog, earlierRuns, newRunId, RunStore, runsFolder, whatIsLeft } from '../results/index.js';
import { executeRun, Snapshots } from '../run/index.js';
import { BOOT_TIMEOUT_S, type ConductOptions } from './conduct-options.js';
import { Recording } from './recording.js';
import type { ReportTarget } from './reports.js';
import { reproLine } from './repro-line.js';
import { fromOutside } from './scenarios.js';

const SPACE_MIB = 512;

export type Job = {
  seed: number;
  asked: Asked;
  /** Build the modules from this folder instead of guest/. */
  guest?: string | undefined;
  /** Keep the measurements out of the history. */
  forget?: boolean;
  /** Called as soon as the run has a folder. */
  onBegin?: (run: RunRecord) => Promise<void>;
} & (NewJob | BegunJob);

interface NewJob {
  plan: Plan;
  /** If only a shard of the plan runs: which one, and the cells of the other shards. */
  part?: { shard: Shard; elsewhere: CellParts[] } | undefined;
  begun?: undefined;
}

interface BegunJob {
  /** An earlier process died during this run. Continue it. */
  begun: { folder: string; log: EventLog };
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
  const { seed, asked, begun, guest, forget = false } = job;
  const part = job.begun ? undefined : job.part;
  const machines = (begun ? begun.log.start.cells : job.plan.cells).map((cell) => cell.machine);
  images.checkKernel(asked.kernel, machines);
  const cells = begun ? begun.log.start.cells : job.plan.cells;
  const plants = cells.length > 0 && cells.every(builtWithPlants);
  // What is not built could not be missed by any cell.
  const modules = options.coverage ? undefined : neededModules(cells, plants);
  const image = await images.image(asked.kernel, { guest, plants, modules });
  const runs = runsFolder(options.runs);
  await checkSpace(runs);
  // Only QEMU's emulator says what runs.
  const { accelerator } = options.coverage
    ? ({ accelerator: 'tcg' } as const)
    : await probeAccelerator({ ...image, cacheDir: cacheDirectory(undefined, process.env), signal });
  signal.throwIfAborted();

  // A run that is refused for any of the reasons above leaves no folder.
  const id = begun?.log.start.run.id ?? newRunId();
  using store = await (begun ? RunStore.resume(begun.folder, begun.log.bytes) : RunStore.create(runs, id));
  // Tells phyrlab gc that this run is active.
  await using _atWork = await FileLock.tryAcquire(join(store.folder, EVENTS));

  const ids = cells.map((cell) => cell.id);
  const earlier = await earlierRuns(runs, ids, accelerator);
  const { targets, output } = options;
  const recording = new Recording({ store, runs, targets, status, style: styleFor(output), earlier, forget });
  const run: RunRecord = begun?.log.start.run ?? {
    id,
    seed,
    started: new Date().toISOString(),
    host: { kernel: release(), cpus: cpus().length, memory_mib: Math.round(totalmem() / 2 ** 20), accelerator },
    ...imagesOf(image),
    modules: { key: images.modulesKey(image.kernel, { guest }) },
    drift: images.drift(),
    asked,
    ...(part && { shard: part.shard }),
  };
  const { plan, firstBoot } = job.begun ? goOn(job.begun.log, recording) : { plan: job.plan, firstBoot: 0 };
  if (!begun) {
    const elsewhere = part && { elsewhere: part.elsewhere };
    recording.consume({
      type: 'run-start',
      at: run.started,
      run,
      cells: plan.cells,
      pruned: plan.pruned,
      ...elsewhere,
    });
  }
  await job.onBegin?.(run);
  const warn = (text: string) =>
    recording.consume({ type: 'notice', at: new Date().toISOString(), level: 'warning', text });
  await executeRun({
    plan,
    run,
    firstBoot,
    repro: (cellId) => reproLine(id, cellId),
    host: hostLoad(cpus().length, totalmem() / 2 ** 20, options.jobs),
    accelerator,
    image: (need) => images.image(asked.kernel, { ...need, guest, ...(options.coverage && { modules: undefined }) }),
    coverage: options.coverage ? (booted) => images.coverage(booted, { guest, vmlinux: options.vmlinux }) : undefined,
    decode: (log, booted) => images.decode(log, booted),
    folder: store.folder,
    keep: options.keep ?? false,
    bootDeadlineMs: (options.bootTimeout ?? BOOT_TIMEOUT_S * image.kernel.patience) * 1000,
    snapshots: options.cold ? undefined : new Snapshots(images.states, warn),
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

/** Shows what is done already. Returns the cells that remain. */
function goOn(log: EventLog, recording: Recording): { plan: Plan; firstBoot: number } {
  const { done, cells, firstBoot } = whatIsLeft(log);
  recording.show(log.start);
  for (const event of done) recording.show(event);
  const text = `continues after ${done.length} of ${countOf(log.start.cells.length, 'cell')}`;
  recording.consume({ type: 'notice', at: new Date().toISOString(), level: 'info', text });
  return { plan: { cells: cells.map(fromOutside), pruned: log.start.pruned, omitted: 0 }, firstBoot };
}

/** What the record of a run says about the images that it started with. */
export function imagesOf({
  qemu,
  kernel,
  rootfs,
  modules,
}: Image): Pick<RunRecord, 'qemu' | 'kernel' | 'rootfs' | 'modules'> {
  return {
    qemu: { version: qemu.version, key: qemu.key },
    kernel: { release: kernel.release, key: kernel.key },
    rootfs: { key: rootfs.key },
    modules: { key: modules.key },
  };
}

/** Checks for free space before the run, because a full disk would end it half-way. */
async function checkSpace(folder: string): Promise<void> {
  let existing = folder;
  while (!existsSync(existing)) existing = dirname(existing);
  const { bavail, bsize } = await statfs(existing);
  const free = Math.floor((bavail * bsize) / 2 ** 20);
  if (free < SPACE_MIB) {
    throw new UsageError(
      `only ${free} MiB are free in the folder for runs (${folder}); phyrlab needs ${SPACE_MIB}`,
      'free some space, or choose another folder with --runs DIR',
    );
  }
}
