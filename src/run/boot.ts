/**
 * One boot: start the guest, wait until it answers, deploy the modules. What the cells need of it, and nothing of QEMU or SSH
 * beyond that.
 */
import { randomBytes } from 'node:crypto';
import { type FileHandle, mkdir, readdir, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { archOf } from '../arches/index.js';
import { type Code, type MapFile, rangesOf } from '../coverage/index.js';
import { peerDriver } from '../fabric/index.js';
import {
  connect,
  type ExecOptions,
  makeRunKeys,
  type PushedFile,
  runArchive,
  type Session,
  whileAlive,
} from '../guest/index.js';
import { type IoPage, modelOf } from '../iommus/index.js';
import {
  hasIommu,
  type Image,
  InfraError,
  type Machine,
  NotAsDeclared,
  onAbort,
  runtimeOf,
  type Topology,
  walk,
} from '../model/index.js';
import { allowedWhile, complaints, complaintText, type LogRead, parseKmsg } from '../oracle/index.js';
import { cmbOf, type Guest, NVDIMM, openNameless, pciPlan, pmrOf, startGuest } from '../qemu/index.js';
import type { Peer } from '../workloads/index.js';
import type { SavedGuest, Snapshots } from './snapshots.js';
import { readTrace, type TakeLine, type TraceLines } from './trace-file.js';

const MARK_DEADLINE_MS = 3_000;
/** A guest that goes on answers within half a second, or on a busy host some seconds, or not at all. */
const RESTORED_MS = 30_000;
const WAKE_MS = 10_000;
const LOG_MS = 30_000;

export interface BootOptions {
  image: Image;
  machine: Machine;
  topology: Topology;
  accelerator: 'kvm' | 'tcg';
  /** Folder for console.log and trace.log of this boot. */
  artefacts: string;
  /** From QEMU's start to an answer on SSH. */
  deadlineMs: number;
  signal: AbortSignal;
  /** QEMU's trace goes there instead. */
  traceFile?: string;
  /** What the NVDIMM of a guest that was switched off held: the new one's, which owns it from now on. */
  nvdimm?: FileHandle;
  /** More of QEMU's trace events, by name or pattern. */
  traceEvents?: readonly string[];
  /** Measure what is reached of this code, by QEMU's plugin. */
  coverage?: { plugin: string; code: Code } | undefined;
  /** Without it the guest boots. */
  snapshots?: Snapshots | undefined;
  /** Is its state kept for others, if it boots? */
  keepState?: boolean;
}

export class BootedGuest implements AsyncDisposable {
  readonly session: Session;
  readonly peers: ReadonlyMap<string, Peer>;
  readonly #guest: Guest;
  readonly #bdfs: Map<string, string>;
  readonly #lines: string[];
  readonly #traced: boolean;
  readonly #options: BootOptions;
  #nvdimm: FileHandle | undefined;
  /** What nobody has judged yet. */
  #unread: LogRead;

  private constructor(
    guest: Guest,
    session: Session,
    topology: Topology,
    lines: string[],
    traced: boolean,
    options: BootOptions,
    nvdimm: FileHandle | undefined,
    /** How many times longer than with an ordinary kernel things may take. */
    readonly patience: number,
    /** It did not boot, but went on from a state that was kept. */
    readonly restored: boolean,
    bootLog: LogRead,
    /** What nobody is judged for that its kernel said while it booted. */
    readonly warnings: readonly string[],
  ) {
    this.#unread = bootLog;
    this.#guest = guest;
    this.#traced = traced;
    this.#options = options;
    this.#nvdimm = nvdimm;
    this.session = session;
    this.#lines = lines;
    this.#bdfs = pciPlan(topology);
    this.peers = new Map(
      [...walk(topology)].flatMap(({ node }) => {
        const driver = peerDriver(node);
        if (driver === undefined) return [];
        const file = node.kind === 'ivshmem' ? node.id : driver === 'nvme' ? cmbOf(node.id) : pmrOf(node.id);
        const look = async () => (driver === 'nvme' ? guest.copyCmb(node.id) : undefined);
        return [[node.id, { bdf: this.bdf(node.id), driver, file: this.file(file), look }]];
      }),
    );
  }

  /**
   * From a kept state where there is one, else by booting. Fails with GuestDied or InfraError when the guest does not become ready; then
   * nothing is left of it.
   */
  static async start(options: BootOptions): Promise<BootedGuest> {
    const { snapshots, signal } = options;
    const saved = await snapshots?.find(options);
    if (snapshots === undefined || saved === undefined) return BootedGuest.#start(options);
    try {
      return await BootedGuest.#start(options, saved);
    } catch (error) {
      signal.throwIfAborted();
      await snapshots.discard(options, error);
    }
    return BootedGuest.#start(options);
  }

  static async #start(options: BootOptions, saved?: SavedGuest): Promise<BootedGuest> {
    const { image, machine, topology, accelerator, artefacts, signal } = options;
    const { patience } = image.kernel;
    const keys = saved?.keys ?? makeRunKeys();
    const nvdimm = options.nvdimm ?? (machine.nvdimmMiB === undefined ? undefined : await openNameless(tmpdir()));
    const guest = await startGuest({
      qemu: image.qemu,
      kernel: image.kernel,
      initrd: [image.rootfs.archive, image.kernel.bootModules, runArchive(keys)],
      machine,
      topology,
      accelerator,
      artefacts,
      signal,
      ...(options.traceFile !== undefined && { traceFile: options.traceFile }),
      ...(options.traceEvents !== undefined && { traceEvents: options.traceEvents }),
      ...(options.coverage && {
        coverage: {
          plugin: options.coverage.plugin,
          ranges: rangesOf(options.coverage.code, archOf(machine).moduleAddresses),
        },
      }),
      ...(saved && { state: saved.dir }),
      ...(nvdimm !== undefined && { kept: new Map([[NVDIMM, nvdimm]]) }),
    }).catch(async (error: unknown) => {
      await nvdimm?.close();
      throw error;
    });
    const lines: string[] = [];
    guest.console.onLine((line) => lines.push(line));
    try {
      const wasReady = { deadlineMs: RESTORED_MS * patience, signal, wasReady: true };
      let session = await connect(guest, keys, saved ? wasReady : { deadlineMs: options.deadlineMs, signal });
      await guest.checkPci();
      if (saved) await wake(session, signal);
      else if (await worthKeeping(guest, session, options)) {
        await session.exec(COUNT, { deadlineMs: WAKE_MS * patience, signal });
        // A connection would be in the state as well, and lead nowhere.
        await session.close();
        await options.snapshots?.keep(options, guest, keys);
        session = await connect(guest, keys, wasReady);
      }
      await session.push(await modulesOf(image), { signal });
      await setUpIommu(guest, session, machine, topology, signal);
      const traced = await traceArrives(guest);
      const log = await readLog(session, -1, { deadlineMs: LOG_MS * patience, signal });
      const said = complaints(log.lines, allowedWhile('boot'));
      // Told, not judged: nothing of ours is in it yet, and nobody has listed what its configuration or the host's processor makes it warn of.
      const unlisted = image.kernel.built === true || !archOf(machine).bootWarningsListed || accelerator === 'kvm';
      const warnings = unlisted ? said.filter(({ phrase }) => !phrase).map(complaintText) : [];
      const judged = unlisted ? log.lines.map((line) => ({ ...line, level: undefined })) : log.lines;
      return new BootedGuest(
        guest,
        session,
        topology,
        lines,
        traced,
        options,
        nvdimm,
        patience,
        saved !== undefined,
        { ...log, lines: judged },
        warnings,
      );
    } catch (error) {
      await guest.close();
      await nvdimm?.close();
      throw error;
    }
  }

  /** PCI address in the guest of a node of the topology. */
  bdf(node: string): string {
    return known(this.#bdfs.get(node), node);
  }

  /** Host file behind a node's disk or BAR. */
  file(node: string): string {
    return known(this.#guest.files.get(node), node);
  }

  /**
   * By which pages the IOMMU's own tables, read in the guest's memory, have a device reach these addresses. `undefined` where they are
   * not in a form that is read here.
   */
  async ioPages(bdf: string, iova: number, bytes: number): Promise<IoPage[] | undefined> {
    return modelOf(this.#options.machine.iommu).tables?.pages(this.#guest.readWords, bdf, iova, bytes);
  }

  /** Takes a node's device out of the running guest; resolves when its kernel has let it go. */
  unplug(node: string): Promise<void> {
    const { signal } = this.#options;
    return whileAlive({ ...this.#guest, signal }, () => this.#guest.unplug(node));
  }

  /** Puts it back where it was; the guest finds it a little later. */
  plug(node: string): Promise<void> {
    return this.#guest.plug(node);
  }

  /** A moment, for `kept`. */
  now(): number {
    return this.#guest.pace.now();
  }

  /** In words, if so: since then the host kept this guest from running for so long that what it says of time is not its fault. */
  kept(since: number): string | undefined {
    return this.#guest.pace.kept(since);
  }

  /** What has run of the code that is measured, if that was asked for. */
  get coverage(): { map: MapFile; code: Code } | undefined {
    const { coverage: map } = this.#guest;
    const code = this.#options.coverage?.code;
    return map && code && { map, code };
  }

  /** All lines of the console so far. */
  console(): readonly string[] {
    return this.#lines;
  }

  /** What the kernel's log says that nobody has read by this before; at first all since the boot. */
  async kernelLog(signal: AbortSignal): Promise<LogRead> {
    const before = this.#unread;
    const read = await readLog(this.session, before.last, { deadlineMs: LOG_MS * this.patience, signal });
    this.#unread = { lines: [], last: read.last, lost: 0 };
    return { lines: [...before.lines, ...read.lines], last: read.last, lost: before.lost + read.lost };
  }

  /** Waits until the console has shown `text`, a few seconds at most: SSH may be ahead of it. */
  async consoleHas(text: string): Promise<void> {
    const { console, died, pace } = this.#guest;
    await pace.within(MARK_DEADLINE_MS, Promise.race([console.line(new RegExp(text)), died]));
  }

  /** Do QEMU's fault events and complaints about bad accesses reach the file that `traceSince` reads? Shown once, when it booted. */
  async traceEnabled(): Promise<boolean> {
    return this.#traced && (await this.#guest.traceEnabled());
  }

  async traceSize(): Promise<number> {
    return (await stat(this.#guest.traceFile)).size;
  }

  /** What QEMU has traced since its file had this size, as `readTrace` has it. */
  traceSince(from: number, take?: TakeLine): Promise<TraceLines> {
    return readTrace(this.#guest.traceFile, from, take);
  }

  /** Has QEMU write these events to its trace, or no longer. One that this QEMU does not have is none of its. */
  async trace(events: readonly string[], enable: boolean): Promise<void> {
    const set = (name: string) =>
      this.#guest.qmp.execute('trace-event-set-state', z.unknown(), { name, enable, 'ignore-unavailable': true });
    await Promise.all(events.map(set));
  }

  /** Do trace events of such names exist in this QEMU? */
  async hasTraceEvents(pattern: string): Promise<boolean> {
    const states = this.#guest.qmp.execute('trace-event-get-state', z.array(z.unknown()), { name: pattern });
    return (await states.catch(() => [])).length > 0;
  }

  /** Has QEMU take a debugger at a Unix socket, and stops the guest until one has been there and let it go on. */
  async awaitDebugger(socket: string, signal: AbortSignal): Promise<void> {
    const { qmp, died } = this.#guest;
    await qmp.execute('stop', z.unknown());
    const command = `gdbserver unix:${socket},server=on,wait=off`;
    const said = await qmp.execute('human-monitor-command', z.string(), { 'command-line': command });
    if (/error|could not|failed/i.test(said)) throw new InfraError(`QEMU takes no debugger: ${said.trim()}`);
    await new Promise<void>((resolve, reject) => {
      const stop = qmp.onEvent(({ event }) => event === 'RESUME' && resolve());
      const forget = onAbort(signal, () => reject(signal.reason));
      died.then(reject);
      Promise.allSettled([qmp.closed]).then(() => {
        stop();
        forget();
      });
    });
  }

  /** Host file behind the NVDIMM, if the machine has one. */
  get nvdimm(): string | undefined {
    return this.#guest.files.get(NVDIMM);
  }

  /**
   * Switches the guest off as a power failure does, and another on that has nothing of it but what its NVDIMM holds. This one is at its
   * end; the caller owns the other.
   */
  async powerCycle(): Promise<BootedGuest> {
    const { traceFile: _, ...options } = this.#options;
    const nvdimm = this.#nvdimm;
    this.#nvdimm = undefined;
    const artefacts = join(options.artefacts, 'after-power-cycle');
    try {
      await this[Symbol.asyncDispose]();
      await mkdir(artefacts, { recursive: true });
    } catch (error) {
      await nvdimm?.close();
      throw error;
    }
    return BootedGuest.start({ ...options, artefacts, ...(nvdimm !== undefined && { nvdimm }) });
  }

  get commandLine(): readonly string[] {
    return this.#guest.commandLine;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.session.close();
    await this.#guest.close();
    await this.#nvdimm?.close();
    this.#nvdimm = undefined;
  }
}

/**
 * Half a second of an emulated guest, which patches its kernel for it: whoever goes on from the state has that behind it. Each cell
 * asks for it again, and says if nothing counts.
 */
const COUNT = 'phyrctl arm';

/** What its kernel complained of while it booted would be judged once, and by nobody else who goes on from there. */
async function worthKeeping(guest: Guest, session: Session, options: BootOptions): Promise<boolean> {
  if (options.snapshots === undefined || !options.keepState) return false;
  const { signal } = options;
  const { lines } = await readLog(session, -1, { deadlineMs: LOG_MS * options.image.kernel.patience, signal });
  return complaints(lines, allowedWhile('boot')).length === 0 && options.snapshots.keeps(options, guest);
}

async function readLog(session: Session, after: number, options: ExecOptions): Promise<LogRead> {
  const command = `kmsg ${after}`;
  const { code, stdout, stderr } = await session.exec(command, options);
  if (code !== 0) throw new InfraError(`${command}: ${stderr.trim() || `exit code ${code}`}`);
  return parseKmsg(stdout, after);
}

/** It is later than this guest thinks, and it is not the only one that draws these random numbers. */
async function wake(session: Session, signal: AbortSignal): Promise<void> {
  const ms = Date.now();
  const command = `wake ${Math.floor(ms / 1000)}.${String(ms % 1000).padStart(3, '0')}000000`;
  const { code, stderr } = await session.exec(command, { deadlineMs: WAKE_MS, signal, stdin: randomBytes(64) });
  if (code !== 0) throw new InfraError(`the guest cannot go on: ${stderr.trim()}`);
}

const GROUP_DEADLINE_MS = 30_000;

/** What the kernel's command line cannot ask for, and what its own words would not prove. */
async function setUpIommu(
  guest: Guest,
  session: Session,
  machine: Machine,
  topology: Topology,
  signal: AbortSignal,
): Promise<void> {
  const plan = pciPlan(topology);
  const endpoints = [...walk(topology)].flatMap(({ node }) =>
    node.kind === 'nvme' || node.kind === 'ivshmem' ? [known(plan.get(node.id), node.id)] : [],
  );
  if (!hasIommu(machine)) return;
  const { iommu } = machine;
  const runtime = runtimeOf(iommu);
  for (const bdf of runtime === undefined ? [] : endpoints) {
    const command = `lab group-type ${bdf} ${runtime}`;
    const { code, stderr } = await session.exec(command, { deadlineMs: GROUP_DEADLINE_MS, signal });
    if (code !== 0) throw new InfraError(`${command}: ${stderr.trim().split('\n').at(-1)}`);
  }
  const { tables } = modelOf(iommu);
  if (tables === undefined) return;
  const due = tables.modeDue(iommu);
  for (const bdf of endpoints) {
    const mode = await tables.mode(guest.readWords, bdf);
    if (mode !== due)
      throw new NotAsDeclared(`the IOMMU's tables for ${bdf} say '${mode}', and the machine declares '${due}'`);
  }
}

const TRACE_MS = 500;

/** Makes QEMU read where there is nothing, and looks whether its complaint arrives. */
async function traceArrives(guest: Guest): Promise<boolean> {
  const size = async () => (await stat(guest.traceFile)).size;
  const before = await size();
  await guest.qmp.execute('human-monitor-command', z.string(), { 'command-line': 'xp /1wx 0xfffffff0000' });
  let late = false;
  const stop = guest.pace.after(TRACE_MS, () => {
    late = true;
  });
  try {
    for (;;) {
      if ((await size()) > before) return true;
      if (late) return false;
      await sleep(25);
    }
  } finally {
    stop();
  }
}

async function modulesOf(image: Image): Promise<PushedFile[]> {
  const names = (await readdir(image.modules.dir)).filter((name) => name.endsWith('.ko'));
  return names.map((name) => ({
    path: `/lab/modules/${name}`,
    mode: 0o644,
    source: { file: join(image.modules.dir, name) },
  }));
}

function known<T>(value: T | undefined, node: string): T {
  if (value === undefined) throw new InfraError(`the topology has no node '${node}'`);
  return value;
}
