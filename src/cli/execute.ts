/** One run of a plan with its folder, its events and its result: what every measurement of the command `bench` is. */
import { cpus, release, totalmem } from 'node:os';
import { cacheDirectory, type Images } from '../images/index.js';
import { ExitCode, exitCodeOf, RunResult, SCHEMA_VERSION } from '../model/index.js';
import { hostLoad, type Plan } from '../plan/index.js';
import { probeAccelerator } from '../qemu/index.js';
import type { TerminalReport } from '../report/index.js';
import { historyFolder, newRunId, RunStore, runsFolder, samplesOf, writeSamples } from '../results/index.js';
import { executeRun } from '../run/index.js';

export interface Execution {
  plan: Plan;
  images: Images;
  kernel: string;
  /** Sources of the modules, if not the project's own. What others' sources cost is no part of the history. */
  guest?: string | undefined;
  seed: number;
  jobs?: number | undefined;
  runs?: string | undefined;
  keep?: boolean | undefined;
  bootTimeoutS: number;
  /** Shall what was measured be part of the history? */
  remember: boolean;
  terminal: TerminalReport;
  repro: (cellId: string) => string;
  signal: AbortSignal;
}

export interface Executed {
  result: RunResult;
  folder: string;
}

export async function execute(execution: Execution): Promise<Executed> {
  const { plan, images, kernel, guest, seed, terminal, signal } = execution;
  const started = performance.now();
  const image = await images.image(kernel, { guest });
  const id = newRunId();
  using store = await RunStore.create(runsFolder(execution.runs), id);
  const { accelerator } = await probeAccelerator({
    ...image,
    cacheDir: cacheDirectory(undefined, process.env),
    signal,
  });
  signal.throwIfAborted();
  const run = {
    id,
    seed,
    started: new Date().toISOString(),
    host: { kernel: release(), cpus: cpus().length, memory_mib: Math.round(totalmem() / 2 ** 20), accelerator },
    qemu: { version: image.qemu.version, key: image.qemu.key },
    kernel: { release: image.kernel.release, key: image.kernel.key },
    rootfs: { key: image.rootfs.key },
    modules: { key: image.modules.key },
    drift: images.drift(),
  };
  const emit = (event: Parameters<TerminalReport['consume']>[0]) => {
    store.append(event);
    terminal.consume(event);
  };
  emit({ type: 'run-start', at: run.started, run, cells: plan.cells, pruned: plan.pruned });
  const cells = await executeRun({
    plan,
    repro: execution.repro,
    kernelKey: image.kernel.key,
    host: hostLoad(cpus().length, totalmem() / 2 ** 20, execution.jobs),
    accelerator,
    image: ({ plants, machine }) => images.image(kernel, { plants, machine, guest }),
    folder: store.folder,
    keep: execution.keep ?? false,
    bootDeadlineMs: execution.bootTimeoutS * image.kernel.patience * 1000,
    emit,
    signal,
  });
  const exit_code = signal.aborted ? ExitCode.interrupted : exitCodeOf(cells.map((cell) => cell.verdict));
  emit({ type: 'run-end', at: new Date().toISOString(), exitCode: exit_code, interrupted: signal.aborted });
  const duration_ms = Math.round(performance.now() - started);
  const result = RunResult.parse({
    schema: SCHEMA_VERSION,
    run: { ...run, duration_ms, interrupted: signal.aborted, exit_code },
    cells,
  });
  await store.writeResult(result);
  const samples = execution.remember && !signal.aborted ? samplesOf(result, plan.cells) : undefined;
  if (samples !== undefined)
    await writeSamples(historyFolder(runsFolder(execution.runs)), samples.header, samples.lines);
  terminal.totals(cells, duration_ms, store.folder);
  return { result, folder: store.folder };
}
