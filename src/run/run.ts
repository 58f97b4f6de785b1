/**
 * A run: the boots of a plan, a few at a time, each cell judged. Emits events and returns the records; prints and stores nothing.
 */
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  type Cell,
  type CellRecord,
  describe,
  type Emit,
  GuestDied,
  type Image,
  INTERRUPTED,
  type Machine,
  type PrunedCell,
  type RunEvent,
} from '../model/index.js';
import { splats } from '../oracle/index.js';
import { type Boot, builtWithPlants, groupIntoBoots, type Load, loadOf, type Plan } from '../plan/index.js';
import { qemuLacks } from '../qemu/index.js';
import { Berths } from './berths.js';
import { BootedGuest } from './boot.js';
import { runCell } from './cell.js';

export interface RunOptions {
  plan: Plan;
  /** The one command that runs exactly this cell again. */
  repro: (cellId: string) => string;
  /** Of the run's own kernel; a record names another. */
  kernelKey: string;
  /** What guests may take of the host, all at once. */
  host: Load;
  accelerator: 'kvm' | 'tcg';
  /** What this machine boots, its modules without or with planted defects. Asked for at each boot, so made once at most. */
  image: (options: { plants: boolean; machine: Machine }) => Promise<Image>;
  /** Folder of this run: each boot gets one below it. */
  folder: string;
  /** Keep the artefacts of boots in which nothing went wrong. */
  keep: boolean;
  /** A guest that does not answer by then is lost. */
  bootDeadlineMs: number;
  emit: Emit<RunEvent>;
  signal: AbortSignal;
}

/** Resolves when every cell has its record; after an abort, the cells that had not ended are lost. */
export async function executeRun(options: RunOptions): Promise<CellRecord[]> {
  const { plan, emit, signal } = options;
  const records = plan.cells.flatMap(({ id, expect }) =>
    expect.kind === 'not-modelled' ? [skipped({ id, reason: `not modelled: ${expect.why}` }, options.repro)] : [],
  );
  for (const record of records) emit({ type: 'cell-end', at: now(), record });
  const berths = new Berths(options.host);
  await Promise.all(
    groupIntoBoots(plan.cells).map(async (boot, index) => {
      const [first] = boot.cells;
      if (first === undefined) return;
      using _berth = await berths.take(loadOf(first.machine));
      // A guest that a cell has spoilt is replaced for the cells that are left.
      let left = boot.cells;
      for (let attempt = 0; left.length > 0 && !signal.aborted; attempt++) {
        const done = await runBoot({ cells: left }, index, attempt, options);
        records.push(...done);
        left = left.slice(done.length);
      }
    }),
  );
  const ended = new Set(records.map((record) => record.id));
  for (const cell of plan.cells.filter((cell) => !ended.has(cell.id))) {
    const record = lost({ ...cell, reason: INTERRUPTED }, options.repro);
    records.push(record);
    emit({ type: 'cell-end', at: now(), record });
  }
  return records;
}

/** Boots one guest and runs cells in it until all are done or the guest is no longer usable; at least one gets its record. */
async function runBoot(boot: Boot, index: number, attempt: number, options: RunOptions): Promise<CellRecord[]> {
  const { emit, signal, repro } = options;
  const [first] = boot.cells;
  if (first === undefined) return [];
  const { machine } = first;
  const records: CellRecord[] = [];
  const finish = (record: CellRecord) => {
    records.push(record);
    emit({ type: 'cell-end', at: now(), record });
  };
  const started = performance.now();
  emit({
    type: 'boot-start',
    at: now(),
    boot: index,
    machine: machine.id,
    topology: first.topology.id,
    cells: boot.cells.map((cell) => cell.id),
  });
  let ended = 'all its cells are done';
  const artefacts = join(options.folder, 'boots', folderName(first, index, attempt));
  try {
    const image = await options.image({ plants: builtWithPlants(first), machine });
    const lacks = lacking(image, first);
    if (lacks !== undefined) throw new Lacking(lacks);
    await mkdir(artefacts, { recursive: true });
    await using guest = await BootedGuest.start({
      image,
      machine,
      topology: first.topology,
      accelerator: options.accelerator,
      artefacts,
      deadlineMs: options.bootDeadlineMs,
      signal,
    });
    await writeFile(join(artefacts, 'qemu.argv'), `${guest.commandLine.join('\n')}\n`);
    emit({ type: 'boot-ready', at: now(), boot: index, ms: Math.round(performance.now() - started) });
    // Before the first cell: nothing of ours is loaded, so it is nobody's failure, but a later "once" warning would stay silent.
    for (const { kind, line } of splats(guest.console()).slice(0, 1)) {
      const text = `${machine.id}: the kernel complained while it booted: ${kind}: ${line}`;
      emit({ type: 'notice', at: now(), level: 'warning', text });
    }
    for (const cell of boot.cells) {
      emit({ type: 'cell-start', at: now(), cell: cell.id, boot: index });
      const onStep = (step: string) => emit({ type: 'cell-step', at: now(), cell: cell.id, step });
      const outcome = await runCell(guest, cell, { repro, signal, onStep });
      const { release, key } = image.kernel;
      finish({ ...outcome.record, ...(key !== options.kernelKey && { kernel: { release, key } }) });
      if (!outcome.guestUsable) {
        ended = `${cell.id} did not leave the guest clean`;
        break;
      }
    }
  } catch (error) {
    ended = describe(error);
    // Nothing of ours was loaded when the guest did not become ready: that says nothing about the code under test.
    const record = error instanceof Lacking ? skipped : lost;
    const why = error instanceof GuestDied ? `the guest never became ready: ${error.message}` : describe(error);
    if (!signal.aborted)
      for (const cell of boot.cells.slice(records.length)) finish(record({ ...cell, reason: why }, repro));
  }
  emit({ type: 'boot-end', at: now(), boot: index, reason: ended });
  const evidence = records.length < boot.cells.length || records.some((record) => record.verdict !== 'pass');
  if (!evidence && !options.keep) await rm(artefacts, { recursive: true, force: true });
  return records;
}

/** The machine, or what the cell is about, cannot be had with this QEMU or this kernel. */
class Lacking extends Error {}

function lacking({ qemu, kernel }: Image, { machine: { iommu, arch }, workload }: Cell): string | undefined {
  if (kernel.arch !== arch) return `the kernel ${kernel.release} is one for ${kernel.arch}, the machine is ${arch}`;
  if (workload.kind === 'kernel-check' && kernel.patience === 1)
    return `the kernel ${kernel.release} does not check itself: take --kernel debug`;
  return qemuLacks(iommu, qemu.version);
}

/** Says what was booted, and is unique in the run. */
function folderName(cell: Cell, index: number, attempt: number): string {
  const what = `${cell.machine.id}-${cell.topology.id}${cell.plant ? `-${cell.plant}` : ''}`;
  return `${index}${attempt > 0 ? `.${attempt}` : ''}-${what}`;
}

type Repro = RunOptions['repro'];

function skipped(cell: PrunedCell, repro: Repro): CellRecord {
  return { ...empty(cell.id, repro), verdict: 'skip', reason: cell.reason };
}

function lost(cell: PrunedCell, repro: Repro): CellRecord {
  return { ...empty(cell.id, repro), verdict: 'lost', reason: cell.reason };
}

function empty(id: string, repro: Repro): Omit<CellRecord, 'verdict' | 'reason'> {
  return { id, oracles: [], metrics: [], duration_ms: 0, repro: repro(id) };
}

function now(): string {
  return new Date().toISOString();
}
