/**
 * A run: boots the guests of a plan, a few at a time, and judges each cell. Emits events and returns the records;
 * prints and stores nothing.
 */
import { existsSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type CellReached, CoverageFolder } from '../coverage/index.js';
import type { ImageCoverage } from '../images/index.js';
import {
  type CellRecord,
  type Emit,
  GuestDied,
  type Image,
  InfraError,
  messageOf,
  orAborted,
  type RunRecord,
  type Unjudged,
} from '../model/index.js';
import { isStandstill } from '../oracle/index.js';
import {
  type Boot,
  groupIntoBoots,
  type ImageNeed,
  imageNeeds,
  inOrderOfNeed,
  type Load,
  loadOf,
  type Plan,
  snapshotsToSave,
} from '../plan/index.js';
import { qemuLacks, stateLost } from '../qemu/index.js';
import { type Cell, kindOf, partsOf, RunEvent } from '../workloads/index.js';
import { BootedGuest } from './boot.js';
import { Cancellation } from './cancellation.js';
import { runCell, whyLost } from './cell.js';
import { type Decode, type Evidence, evidenceFolder, keepEvidence } from './evidence.js';
import { GuestSlots } from './guest-slots.js';
import type { Snapshots } from './snapshots.js';
import { maySucceed } from './start-again.js';

export interface RunOptions {
  plan: Plan;
  run: RunRecord;
  /** The command that runs exactly this cell again. */
  repro: (cellId: string) => string;
  /** What all running guests together may take of the host. */
  host: Load;
  accelerator: 'kvm' | 'tcg';
  /** The image that this machine boots. Built once, however often it is asked for. */
  image: (need: ImageNeed) => Promise<Image>;
  /** Adds source lines to the function names in a kernel log. */
  decode: Decode;
  /** Measures which code of the image each cell reaches; saved in the run's folder. */
  coverage?: ((image: Image) => Promise<ImageCoverage>) | undefined;
  /** Folder of this run, with a folder for each boot and for each cell that did not pass. */
  folder: string;
  /** Keep the files of boots in which all cells passed. */
  keep: boolean;
  /** A guest that does not answer within this time is lost. */
  bootDeadlineMs: number;
  /** Without it every guest boots. */
  snapshots?: Snapshots | undefined;
  /**
   * How often a lost cell is tried again (at least once if the guest was lost while it started). Failed cells are never
   * tried again.
   */
  retries: number;
  /** End the run at the first failure. */
  failFast: boolean;
  /** End the run after so many milliseconds; `said` is the option as the user wrote it. */
  limit?: { ms: number; said: string } | undefined;
  /** Number of the first boot, so that a resumed run does not reuse numbers. */
  firstBoot?: number;
  emit: Emit<RunEvent>;
  signal: AbortSignal;
}

/** Resolves when every cell has a record. After an abort, unfinished cells are lost. */
export async function executeRun(options: RunOptions): Promise<CellRecord[]> {
  const { plan, repro } = options;
  const records: CellRecord[] = [];
  using cancellation = new Cancellation(options.signal, options.limit);
  const emit: Emit<RunEvent> = (said) => {
    // Parse what will be written: the schema shortens long texts from the guest.
    const event = RunEvent.parse(said);
    options.emit(event);
    if (event.type !== 'cell-end') return;
    records.push(event.record);
    if (options.failFast && event.record.verdict === 'fail')
      cancellation.cancel({ code: 'fail-fast', reason: `--fail-fast, and ${event.record.id} failed` });
  };
  const finish = (record: CellRecord) => emit({ type: 'cell-end', at: now(), record });
  for (const cell of plan.cells)
    if (cell.expect.kind === 'not-modelled') finish(skipped(cell, `not modelled: ${cell.expect.why}`, repro));
  const slots = new GuestSlots(options.host);
  const boots = groupIntoBoots(plan.cells);
  const isSaved = snapshotsToSave(
    boots,
    options.accelerator,
    (cell) => stateLost(cell.machine, cell.topology) === undefined,
  );
  const needs = imageNeeds(boots);
  const kit = options.coverage && { of: options.coverage, folder: new CoverageFolder(options.folder) };
  const running: Promise<void>[] = [];
  const image: RunOptions['image'] = (need) => orAborted(cancellation.signal, options.image(need));
  // Images are built one after the other, while guests whose images are ready already run.
  for (const waiting of inOrderOfNeed(needs)) {
    const need = needs.get(waiting[0] ?? { cells: [] });
    if (need === undefined || cancellation.signal.aborted) break;
    const made = image(need);
    // Each boot sees the error itself, and may try again.
    await made.catch(() => {});
    for (const boot of waiting) running.push(runWithRoom(boot, need, made));
  }
  await Promise.all(running);

  async function runWithRoom(boot: Boot, need: ImageNeed, made: Promise<Image>): Promise<void> {
    using _slot = await slots.take(loadOf(need.machine));
    const place = { index: (options.firstBoot ?? 0) + boots.indexOf(boot), saveSnapshot: isSaved(boot), image: made };
    const again = () => image(need);
    await runBoots(boot, place, again, { ...options, emit, signal: cancellation.signal, kit });
  }
  const ended = new Set(records.map((record) => record.id));
  const why = cancellation.why ?? { code: 'harness-error', reason: 'its guest ended without a verdict on it' };
  for (const cell of plan.cells.filter((cell) => !ended.has(cell.id))) finish(lost(cell, why, repro));
  for (const { id, verdict, reason } of records)
    if (verdict !== 'skip') await kit?.folder.keepUnread(id, reason || verdict);
  return records;
}

/** Measures coverage, and where it is saved. */
interface Kit {
  of: (image: Image) => Promise<ImageCoverage>;
  folder: CoverageFolder;
}

type BootsOptions = RunOptions & { kit: Kit | undefined };

interface Place {
  index: number;
  saveSnapshot: boolean;
  attempt: number;
  image: Promise<Image>;
}

/**
 * Boots a fresh guest for the cells that remain when a cell has left the guest unusable, and for lost cells that may be
 * tried again.
 */
async function runBoots(
  boot: Boot,
  place: Omit<Place, 'attempt'>,
  imageAgain: () => Promise<Image>,
  options: BootsOptions,
): Promise<void> {
  const { emit, signal, retries } = options;
  const earlier = new Map<string, NonNullable<CellRecord['earlier']>>();
  let left = boot.cells;
  for (let attempt = 0; left.length > 0 && !signal.aborted; attempt++) {
    const again = new Set<string>();
    const finish = (record: CellRecord, attempts = retries) => {
      const before = earlier.get(record.id) ?? [];
      const whole = before.length > 0 ? { ...record, earlier: before } : record;
      if (record.verdict !== 'lost' || before.length >= attempts)
        return emit({ type: 'cell-end', at: now(), record: whole });
      again.add(record.id);
      const { code, reason, duration_ms, evidence } = record;
      const attempt = { ...(code && { code }), reason, duration_ms, ...(evidence !== undefined && { evidence }) };
      earlier.set(record.id, [...before, attempt]);
      emit({ type: 'cell-retry', at: now(), record: whole });
    };
    const image = attempt === 0 ? place.image : imageAgain();
    const done = await runBoot({ cells: left }, { ...place, attempt, image }, finish, options);
    left = [...left.slice(done), ...left.slice(0, done).filter(({ id }) => again.has(id))];
  }
}

/**
 * Boots one guest and runs cells in it until all are done or the guest is no longer usable. Returns the number of
 * finished cells: at least one, unless the run was aborted.
 */
async function runBoot(
  boot: Boot,
  place: Place,
  finish: (record: CellRecord, attempts?: number) => void,
  options: BootsOptions,
): Promise<number> {
  const { emit, signal, repro, retries, kit } = options;
  const [first] = boot.cells;
  if (first === undefined) return 0;
  const { machine, topology } = first;
  const started = performance.now();
  const cells = boot.cells.map((cell) => cell.id);
  emit({ type: 'boot-start', at: now(), boot: place.index, machine: machine.id, topology: topology.id, cells });
  let ended = 'all cells are done';
  let done = 0;
  const notPassed: Evidence[] = [];
  let keep = options.keep;
  let starting = false;
  const name = folderName(first, place);
  const artefacts = join(options.folder, 'boots', name);
  try {
    const image = await place.image;
    const lacks = lacking(image, first);
    if (lacks !== undefined) throw new Lacking(lacks);
    const coverage = await kit?.of(image);
    if (coverage !== undefined) await kit?.folder.keepCode(coverage.code, image.modules.plants, coverage.hashes);
    await mkdir(artefacts, { recursive: true });
    starting = true;
    await using guest = await BootedGuest.start({
      image,
      machine,
      topology,
      accelerator: options.accelerator,
      artefacts,
      deadlineMs: options.bootDeadlineMs,
      // A second attempt always boots.
      snapshots: place.attempt === 0 ? options.snapshots : undefined,
      saveSnapshot: place.saveSnapshot,
      coverage,
      signal,
    });
    // On a host that stalls, the kernel's watchdogs report lockups that are not the kernel's fault, and those reports
    // would hide real ones.
    const standstill = guest.console().find(isStandstill);
    const stall = guest.hostStall(Number.NEGATIVE_INFINITY);
    if (standstill !== undefined && stall !== undefined)
      throw new InfraError(`${stall} while it booted: ${standstill}`);
    starting = false;
    await writeFile(join(artefacts, 'qemu.argv'), `${guest.commandLine.join('\n')}\n`);
    const ms = Math.round(performance.now() - started);
    emit({ type: 'boot-ready', at: now(), boot: place.index, ms, ...(guest.restored && { restored: true }) });
    if (guest.warnings.length > 0) {
      const text = `${machine.id}: the kernel warned while it booted: ${guest.warnings.join('; ')}`;
      emit({ type: 'notice', at: now(), level: 'warning', text });
    }
    for (const cell of boot.cells) {
      emit({ type: 'cell-start', at: now(), cell: cell.id, boot: place.index });
      const evidence = evidenceFolder(cell.id, place.attempt);
      const onStep = (step: string) => emit({ type: 'cell-step', at: now(), cell: cell.id, step });
      const console = guest.console().length;
      const { release, key } = image.kernel;
      const outcome = await runCell(guest, cell, {
        repro,
        signal,
        onStep,
        release,
        folder: join(options.folder, evidence),
        // The first cell is judged for what the kernel says during boot.
        ...(done === 0 && { since: Number.NEGATIVE_INFINITY }),
      });
      const record: CellRecord = {
        ...outcome.record,
        boot: done > 0 ? 'shared' : guest.restored ? 'restored' : 'cold',
        ...(key !== options.run.kernel.key && { kernel: { release, key } }),
      };
      if (coverage !== undefined)
        await kit?.folder.keepCell(cell.id, coverage.code.key, outcome.reached ?? unreadOf(record));
      // A workload may have saved files of its own.
      if (existsSync(join(options.folder, evidence))) record.evidence = evidence;
      if (!['pass', 'caught', 'skip'].includes(record.verdict)) {
        record.evidence = evidence;
        const log = guest.console().slice(console);
        const folder = join(options.folder, evidence);
        notPassed.push({ folder, artefacts, run: options.run, cell, record, image, log });
      }
      done++;
      finish(record);
      if (!outcome.guestUsable) {
        ended = `${cell.id} did not leave the guest clean`;
        break;
      }
    }
  } catch (error) {
    ended = messageOf(error);
    // None of our code was loaded before the guest was ready, so the loss says nothing about the code under test.
    if (!signal.aborted) {
      const recordOf = (cell: Cell) =>
        error instanceof Lacking
          ? skipped(cell, error.message, repro)
          : { ...lost(cell, whyNotReady(error), repro), evidence: join('boots', name) };
      keep ||= !(error instanceof Lacking);
      const attempts = starting && maySucceed(error, options.accelerator) ? Math.max(1, retries) : retries;
      for (const cell of boot.cells.slice(done)) finish(recordOf(cell), attempts);
      done = boot.cells.length;
    }
  }
  emit({ type: 'boot-end', at: now(), boot: place.index, reason: ended });
  for (const one of notPassed) {
    const trouble = await keepEvidence(one, options.decode);
    for (const text of trouble) emit({ type: 'notice', at: now(), level: 'warning', text });
  }
  // Keep the files if the run was stopped: they show what the cell was doing.
  if (!keep && !signal.aborted) await rm(artefacts, { recursive: true, force: true });
  return done;
}

/** This QEMU or kernel lacks something that the machine or the cell needs. */
class Lacking extends Error {}

/** What this QEMU and kernel lack for the cell, if anything. */
export function lacking(
  { qemu, kernel }: Image,
  { machine: { iommu, arch }, workload }: Pick<Cell, 'machine' | 'workload'>,
): string | undefined {
  if (kernel.arch !== arch) return `kernel ${kernel.release} is for ${kernel.arch}, but the machine is ${arch}`;
  if (kindOf(workload).kernel === 'debug' && kernel.patience === 1)
    return `kernel ${kernel.release} has no debug checks: use --kernel debug`;
  return qemuLacks(iommu, qemu.version);
}

function unreadOf({ verdict, reason }: CellRecord): CellReached {
  return { unread: `the cell ended before its coverage was read: ${reason || verdict}` };
}

function whyNotReady(error: unknown): Unjudged {
  if (!(error instanceof GuestDied)) return whyLost(error);
  return { code: 'never-ready', reason: `the guest never became ready: ${error.message}` };
}

/** Names the machine and topology, and is unique in the run. */
function folderName(cell: Cell, { index, attempt }: { index: number; attempt: number }): string {
  const what = `${cell.machine.id}-${cell.topology.id}${cell.plant ? `-${cell.plant}` : ''}`;
  return `${index}${attempt > 0 ? `.${attempt}` : ''}-${what}`;
}

type Repro = RunOptions['repro'];

function skipped(cell: Cell, reason: string, repro: Repro): CellRecord {
  return { ...empty(cell, repro), verdict: 'skip', reason };
}

function lost(cell: Cell, why: Unjudged, repro: Repro): CellRecord {
  return { ...empty(cell, repro), verdict: 'lost', ...why };
}

function empty(cell: Cell, repro: Repro): Omit<CellRecord, 'verdict' | 'reason'> {
  return { ...partsOf(cell), oracles: [], metrics: [], duration_ms: 0, repro: repro(cell.id) };
}

function now(): string {
  return new Date().toISOString();
}
