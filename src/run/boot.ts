/**
 * One boot: starts the guest, waits until it answers, copies the modules into it. Cells use the guest only through this
 * class, never QEMU or SSH directly.
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
/** A restored guest answers within half a second, on a busy host within some seconds. Otherwise it never will. */
const RESTORED_MS = 30_000;
const WAKE_MS = 10_000;
const LOG_MS = 30_000;

export interface BootOptions {
  image: Image;
  machine: Machine;
  topology: Topology;
  accelerator: 'kvm' | 'tcg';
  /** Folder for the console.log and trace.log of this boot. */
  artefacts: string;
  /** Time from the start of QEMU to the first answer on SSH. */
  deadlineMs: number;
  signal: AbortSignal;
  /** QEMU writes its trace to this file instead. */
  traceFile?: string;
  /** The NVDIMM content of a guest that was switched off. The new guest owns the file from now on. */
  nvdimm?: FileHandle;
  /** Further QEMU trace events, by name or pattern. */
  traceEvents?: readonly string[];
  /** Measures with QEMU's plugin which parts of this code run. */
  coverage?: { plugin: string; code: Code } | undefined;
  /** Without it, the guest always boots. */
  snapshots?: Snapshots | undefined;
  /** If the guest boots, is a snapshot of it saved for others? */
  saveSnapshot?: boolean;
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
  /** The part of the kernel log that no cell has judged yet. */
  #unread: LogRead;

  private constructor(
    guest: Guest,
    session: Session,
    topology: Topology,
    lines: string[],
    traced: boolean,
    options: BootOptions,
    nvdimm: FileHandle | undefined,
    /** How many times longer everything may take than with an ordinary kernel. */
    readonly patience: number,
    /** The guest was restored from a snapshot. */
    readonly restored: boolean,
    bootLog: LogRead,
    /** Warnings of the kernel during boot that no cell is judged for. */
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
   * Restores a snapshot if there is one, otherwise boots. Throws GuestDied or InfraError if the guest does not become
   * ready, and then leaves nothing behind.
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
      else if (await shouldSave(guest, session, options)) {
        await session.exec(COUNT, { deadlineMs: WAKE_MS * patience, signal });
        // The snapshot would contain an open connection to a host that is not there any more.
        await session.close();
        await options.snapshots?.save(options, guest, keys);
        session = await connect(guest, keys, wasReady);
      }
      await session.push(await modulesOf(image), { signal });
      await setUpIommu(guest, session, machine, topology, signal);
      const traced = await traceArrives(guest);
      const log = await readLog(session, -1, { deadlineMs: LOG_MS * patience, signal });
      const said = complaints(log.lines, allowedWhile('boot'));
      // Reported, not judged: none of our code runs yet, and nobody has listed the warnings that this configuration or
      // the host's processor causes.
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

  /** PCI address of a node in the guest. */
  bdf(node: string): string {
    return known(this.#bdfs.get(node), node);
  }

  /** The host file that holds a node's disk or BAR. */
  file(node: string): string {
    return known(this.#guest.files.get(node), node);
  }

  /**
   * The pages by which the device reaches these addresses, read from the IOMMU's tables in guest memory. `undefined`:
   * phyrlab cannot read the tables of this IOMMU.
   */
  async ioPages(bdf: string, iova: number, bytes: number): Promise<IoPage[] | undefined> {
    return modelOf(this.#options.machine.iommu).tables?.pages(this.#guest.readWords, bdf, iova, bytes);
  }

  /** Unplugs a node's device; resolves when the guest's kernel has released it. */
  unplug(node: string): Promise<void> {
    const { signal } = this.#options;
    return whileAlive({ ...this.#guest, signal }, () => this.#guest.unplug(node));
  }

  /** Plugs it in again; the guest notices a little later. */
  plug(node: string): Promise<void> {
    return this.#guest.plug(node);
  }

  /** A point in time, for `hostStall`. */
  now(): number {
    return this.#guest.pace.now();
  }

  /**
   * If the host has kept this guest from running since then, so long that timeouts are not its fault: one sentence that
   * says so.
   */
  hostStall(since: number): string | undefined {
    return this.#guest.pace.hostStall(since);
  }

  /** Which parts of the measured code have run. `undefined`: not measured. */
  get coverage(): { map: MapFile; code: Code } | undefined {
    const { coverage: map } = this.#guest;
    const code = this.#options.coverage?.code;
    return map && code && { map, code };
  }

  /** All console lines so far. */
  console(): readonly string[] {
    return this.#lines;
  }

  /** The part of the kernel log since the last call; at first, since boot. */
  async kernelLog(signal: AbortSignal): Promise<LogRead> {
    const before = this.#unread;
    const read = await readLog(this.session, before.last, { deadlineMs: LOG_MS * this.patience, signal });
    this.#unread = { lines: [], last: read.last, lost: 0 };
    return { lines: [...before.lines, ...read.lines], last: read.last, lost: before.lost + read.lost };
  }

  /** Waits up to a few seconds until the console shows `text`, since SSH may be ahead of it. */
  async consoleHas(text: string): Promise<void> {
    const { console, died, pace } = this.#guest;
    await pace.within(MARK_DEADLINE_MS, Promise.race([console.line(new RegExp(text)), died]));
  }

  /**
   * Do QEMU's fault events and reports of invalid accesses reach the file that `traceSince` reads? Checked once, at
   * boot.
   */
  async traceEnabled(): Promise<boolean> {
    return this.#traced && (await this.#guest.traceEnabled());
  }

  async traceSize(): Promise<number> {
    return (await stat(this.#guest.traceFile)).size;
  }

  /** What QEMU has written to its trace since the file had this size; see `readTrace`. */
  traceSince(from: number, take?: TakeLine): Promise<TraceLines> {
    return readTrace(this.#guest.traceFile, from, take);
  }

  /** Switches these trace events on or off. Events that this QEMU does not know are ignored. */
  async trace(events: readonly string[], enable: boolean): Promise<void> {
    const set = (name: string) =>
      this.#guest.qmp.execute('trace-event-set-state', z.unknown(), { name, enable, 'ignore-unavailable': true });
    await Promise.all(events.map(set));
  }

  /** Does this QEMU have trace events that match? */
  async hasTraceEvents(pattern: string): Promise<boolean> {
    const states = this.#guest.qmp.execute('trace-event-get-state', z.array(z.unknown()), { name: pattern });
    return (await states.catch(() => [])).length > 0;
  }

  /**
   * Lets a debugger connect through a Unix socket. The guest stands still until a debugger has connected and continued
   * it.
   */
  async awaitDebugger(socket: string, signal: AbortSignal): Promise<void> {
    const { qmp, died } = this.#guest;
    await qmp.execute('stop', z.unknown());
    const command = `gdbserver unix:${socket},server=on,wait=off`;
    const said = await qmp.execute('human-monitor-command', z.string(), { 'command-line': command });
    if (/error|could not|failed/i.test(said)) throw new InfraError(`QEMU did not start its gdb server: ${said.trim()}`);
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

  /** The host file that holds the NVDIMM, if the machine has one. */
  get nvdimm(): string | undefined {
    return this.#guest.files.get(NVDIMM);
  }

  /**
   * Switches the guest off like a power failure and starts another one. Only the content of the NVDIMM survives. This
   * object cannot be used afterwards; the caller owns the new one.
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
 * Arms the trace points once before the snapshot is saved: patching the kernel takes an emulated guest half a second,
 * which restored guests then need not spend. Each cell arms them again, and fails if they do not count.
 */
const COUNT = 'phyrctl arm';

/**
 * A guest whose kernel complained during boot is not saved: the complaint must be judged, and no restored guest would
 * show it again.
 */
async function shouldSave(guest: Guest, session: Session, options: BootOptions): Promise<boolean> {
  if (options.snapshots === undefined || !options.saveSnapshot) return false;
  const { signal } = options;
  const { lines } = await readLog(session, -1, { deadlineMs: LOG_MS * options.image.kernel.patience, signal });
  return complaints(lines, allowedWhile('boot')).length === 0 && options.snapshots.canSave(options, guest);
}

async function readLog(session: Session, after: number, options: ExecOptions): Promise<LogRead> {
  const command = `kmsg ${after}`;
  const { code, stdout, stderr } = await session.exec(command, options);
  if (code !== 0) throw new InfraError(`${command}: ${stderr.trim() || `exit code ${code}`}`);
  return parseKmsg(stdout, after);
}

/** Sets the clock of a restored guest, and gives it random numbers that other restored guests do not have. */
async function wake(session: Session, signal: AbortSignal): Promise<void> {
  const ms = Date.now();
  const command = `wake ${Math.floor(ms / 1000)}.${String(ms % 1000).padStart(3, '0')}000000`;
  const { code, stderr } = await session.exec(command, { deadlineMs: WAKE_MS, signal, stdin: randomBytes(64) });
  if (code !== 0) throw new InfraError(`the restored guest could not be woken: ${stderr.trim()}`);
}

const GROUP_DEADLINE_MS = 30_000;

/**
 * Sets the domain of each group where the kernel's command line cannot, and checks the IOMMU's tables instead of
 * trusting what the kernel says.
 */
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
      throw new NotAsDeclared(`the IOMMU's tables for ${bdf} are in mode '${mode}', but the machine declares '${due}'`);
  }
}

const TRACE_MS = 500;

/** Makes QEMU read an address where nothing is, and checks that its report arrives in the trace. */
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
