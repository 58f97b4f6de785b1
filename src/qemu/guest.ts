/** A running guest, and everything that it owns on the host. */
import { constants, createReadStream, createWriteStream } from 'node:fs';
import { access, copyFile, type FileHandle, stat, statfs, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { MapFile, type Range } from '../coverage/index.js';
import { Pace } from '../host/index.js';
import { modelOf, type ReadWords } from '../iommus/index.js';
import {
  type GuestDied,
  InfraError,
  type Kernel,
  type Machine,
  messageOf,
  orAborted,
  type Qemu,
  type Topology,
} from '../model/index.js';
import { backingFiles, cmbOf, qemuArgv } from './argv.js';
import { copyCmb } from './cmb.js';
import { SerialConsole } from './console.js';
import { Death } from './death.js';
import { openFifo } from './fifo.js';
import { plug, unplug } from './hotplug.js';
import { pciFunctions, readWords } from './inspect.js';
import { PanicReader } from './panic.js';
import { pciDevices } from './pci.js';
import { type Exit, FD, type QemuProcess, spawnQemu } from './process.js';
import { Qmp, type QmpEvent } from './qmp.js';
import { openNameless } from './scratch-file.js';
import { loadState, moveLimit, saveState, stateBlocked, stateConsole } from './state.js';

export interface GuestOptions {
  qemu: Qemu;
  kernel: Kernel;
  /** cpio archives that the kernel unpacks one after the other: paths, or bytes. */
  initrd: readonly (string | Uint8Array)[];
  machine: Machine;
  topology: Topology;
  accelerator: 'kvm' | 'tcg';
  /**
   * An existing directory of the caller for console.log, trace.log and qmp.log. Without it, these files disappear with
   * the guest.
   */
  artefacts?: string;
  /** Another file for QEMU's trace. */
  traceFile?: string;
  /** Directory for the unnamed files behind disks and BARs; default: the system's temporary directory. */
  scratch?: string;
  /**
   * Files of the caller, by their keys in `Backing`, whose content outlives the guest. All other files are new and
   * disappear with it.
   */
  kept?: ReadonlyMap<string, FileHandle>;
  /** QEMU trace events in addition to the IOMMU's faults. */
  traceEvents?: readonly string[];
  /** Record with QEMU's plugin which code runs at these addresses. Works only under TCG. */
  coverage?: { plugin: string; ranges: readonly Range[] } | undefined;
  /**
   * The folder of a snapshot that `save` wrote, of a guest with the same options. The guest is restored from it instead
   * of booting.
   */
  state?: string;
  /** Aborts the start. To end a started guest, close it. */
  signal: AbortSignal;
}

export interface Guest extends AsyncDisposable {
  readonly pid: number;
  /** A port on 127.0.0.1 that is forwarded to port 22 of the guest. */
  readonly sshPort: number;
  readonly console: SerialConsole;
  readonly qmp: Qmp;
  /** Resolves as soon as the guest ends for any reason, closing it included (`shutdown`). Never rejects. */
  readonly died: Promise<GuestDied>;
  /** Counts deadlines for this guest, and knows when the host stalled it. */
  readonly pace: Pace;
  /**
   * The host file behind each nvme and ivshmem node, by node id: the disk's or BAR 2's content, at first zeroes.
   * Persistent memory regions have the key `pmrOf(id)`, the newest copy of a controller memory buffer `cmbOf(id)`. Any
   * process on this host can open the paths until the guest is closed, even after QEMU has died.
   */
  readonly files: ReadonlyMap<string, string>;
  /** IOMMU faults, guest errors, and the additional trace events. */
  readonly traceFile: string;
  /** Which code has run, if coverage is on. */
  readonly coverage: MapFile | undefined;
  /** QEMU's whole command line, for reports. */
  readonly commandLine: readonly string[];
  /** Is this trace event enabled in QEMU? Without an argument: are all fault events of the machine's IOMMU? */
  traceEnabled(event?: string): Promise<boolean>;
  /** Reads the guest's memory from outside. */
  readWords: ReadWords;
  /** Call it after boot. Throws InfraError if a device is not at the address that `pciPlan` predicts. */
  checkPci(): Promise<void>;
  /** Copies a node's controller memory buffer to its file. */
  copyCmb(node: string): Promise<void>;
  /** Unplugs a node's device; resolves when the guest's kernel has released it. */
  unplug(node: string): Promise<void>;
  /** Plugs it in again. */
  plug(node: string): Promise<void>;
  /** Why QEMU cannot save a snapshot of this guest, if it cannot. */
  unsaveable(): Promise<string | undefined>;
  /**
   * Saves a snapshot to an empty folder; the guest keeps running. Throws InfraError if QEMU cannot save it, if the
   * guest has written to its disks (which a snapshot does not contain), or if it takes longer than the limit (default:
   * by memory size).
   */
  save(dir: string, limitMs?: number): Promise<void>;
  /** Ends QEMU and frees everything, within 4 s. Can be called again; never throws. */
  close(): Promise<void>;
}

const MIB = 2 ** 20;
const START_MS = 15_000;
const PANIC_REPORT_MS = 1_000;
const QUIT_MS = 1_500;
const WORDS_MS = 1_000;

/**
 * Starts QEMU. Resolves when its monitor answers, which is before the kernel starts. Throws InfraError with QEMU's own
 * message if QEMU does not start, or the signal's reason.
 */
export async function startGuest(options: GuestOptions): Promise<Guest> {
  options.signal.throwIfAborted();
  await checkReadable('QEMU', options.qemu.program.file, constants.X_OK);
  await checkReadable('the kernel', options.kernel.image, constants.R_OK);
  const owned = new AsyncStack();
  try {
    return await start(options, owned);
  } catch (error) {
    await owned.close();
    options.signal.throwIfAborted();
    throw error;
  }
}

async function start(options: GuestOptions, owned: AsyncStack): Promise<Guest> {
  const { machine, topology, accelerator, qemu } = options;
  const scratch = options.scratch ?? tmpdir();
  const handles: FileHandle[] = [];
  const openOwned = async (): Promise<FileHandle> => {
    const handle = await openNameless(scratch);
    owned.add(() => handle.close());
    handles.push(handle);
    return handle;
  };
  const onHost = (handle: FileHandle) => `/proc/${process.pid}/fd/${handle.fd}`;
  /** The same file has another descriptor number in QEMU. */
  const inQemu = (handle: FileHandle) => `/proc/self/fd/${FD.files + handles.indexOf(handle)}`;

  await checkRoom(scratch, await roomFor(options));
  const initrd = await openOwned();
  await concatenate(options.initrd, initrd);
  const files = new Map<string, string>();
  const backing = new Map<string, string>();
  for (const { key, sizeMiB } of backingFiles(machine, topology)) {
    const handle = options.kept?.get(key) ?? (await openOwned());
    if (!handles.includes(handle)) handles.push(handle);
    await handle.truncate(sizeMiB * MIB);
    files.set(key, onHost(handle));
    backing.set(key, inQemu(handle));
  }

  /** The path of a log file, for us and for QEMU. */
  const openLog = async (name: string): Promise<{ here: string; inQemu: string }> => {
    if (options.artefacts !== undefined) {
      const path = join(options.artefacts, name);
      return { here: path, inQemu: path };
    }
    const handle = await openOwned();
    return { here: onHost(handle), inQemu: inQemu(handle) };
  };
  const trace = options.traceFile ? { here: options.traceFile, inQemu: options.traceFile } : await openLog('trace.log');
  const consoleLog = await openLog('console.log');
  const { coverage } = options;
  const mapHandle = coverage && (await openOwned());
  const map = coverage && mapHandle && (await MapFile.create(mapHandle, coverage.ranges));
  const argv = qemuArgv({
    machine: { ...machine, kernelArgs: [...options.kernel.args, ...machine.kernelArgs] },
    topology,
    accelerator,
    dataDirs: qemu.dataDirs,
    kernel: options.kernel.image,
    initrd: inQemu(initrd),
    backing,
    qmpFd: FD.qmp,
    consoleFd: FD.console,
    traceFile: trace.inQemu,
    ...(options.traceEvents && { traceEvents: options.traceEvents }),
    ...(coverage && mapHandle && { coverage: { plugin: coverage.plugin, map: inQemu(mapHandle) } }),
    incoming: options.state !== undefined,
  });
  // A restore that failed may have copied the snapshot's console into the file.
  if (options.state === undefined) await writeFile(consoleLog.here, '');
  else await copyFile(stateConsole(options.state), consoleLog.here);
  options.signal.throwIfAborted();

  const death = new Death();
  const line = await openFifo(scratch);
  owned.add(async () => {
    line.release();
    line.stream.destroy();
  });
  const child = spawnQemu(
    qemu.program,
    argv,
    line.writeFd,
    handles.map((handle) => handle.fd),
    (line) => {
      if (line.startsWith('KVM internal error')) death.sign('emulator-error', `QEMU: ${line}`);
    },
  );
  line.release();
  const serial = new SerialConsole(line.stream, consoleLog.here);
  const log = options.artefacts === undefined ? undefined : monitorLog(join(options.artefacts, 'qmp.log'));
  const pace = new Pace({ pids: child.pid === undefined ? [] : [child.pid], excuse: () => standstill(qmp) }).watch();
  owned.add(async () => pace[Symbol.dispose]());
  const qmp = new Qmp(child.qmp, (event) => onEvent(event, qmp, death), log?.write, pace);
  if (log) {
    owned.add(() => within(QUIT_MS, log.ended));
    qmp.closed.then(log.end);
  }
  watch(child, serial, death);
  owned.add(() => end(child, qmp, serial, death));

  const come = async () => {
    const version = await pace.within(START_MS, qmp.greeted);
    if (version === undefined) throw new InfraError(`QEMU's monitor did not answer within ${START_MS / 1000} s`);
    if (options.state !== undefined) await loadState(qmp, options.state);
    return forwardedPort(qmp);
  };
  const sshPort = await orAborted(
    options.signal,
    // If QEMU died, its own message explains more than the lost monitor; it arrives a little later.
    come().catch(async (error) => {
      const exit = await pace.within(WORDS_MS, child.exited);
      throw exit ? didNotStart(child, exit) : error;
    }),
  );

  const close = () => owned.close();
  return {
    pid: child.pid ?? 0,
    sshPort,
    console: serial,
    qmp,
    died: death.died,
    pace,
    files,
    traceFile: trace.here,
    coverage: map,
    commandLine: [qemu.program.file, ...qemu.program.args, ...argv],
    traceEnabled: (event) => allTraced(qmp, event === undefined ? modelOf(machine.iommu).trace.faults : [event]),
    readWords: (address, count) => readWords(qmp, address, count),
    checkPci: () => checkPci(qmp, topology),
    copyCmb: (node) => copyCmb(qmp, node, backing.get(cmbOf(node)) ?? ''),
    unplug: (node) => unplug(qmp, node),
    plug: (node) => plug(qmp, node, argv),
    unsaveable: () => stateBlocked(qmp),
    save: async (dir, limitMs = moveLimit(machine.memoryMiB * MIB)) => {
      await serial.written();
      await saveState(qmp, { files: files.values(), console: serial.file, limitMs }, dir);
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

/** Logs the monitor's traffic with seconds since QEMU's start. An error here does not harm the guest. */
function monitorLog(path: string): { write: (line: string) => void; end: () => void; ended: Promise<void> } {
  const started = performance.now();
  const file = createWriteStream(path);
  const ended = new Promise<void>((resolve) => {
    file.on('error', () => {});
    file.on('close', resolve);
  });
  return {
    write: (line) => file.write(`${((performance.now() - started) / 1000).toFixed(3)} ${line}\n`),
    end: () => file.end(),
    ended,
  };
}

function onEvent({ event, data }: QmpEvent, qmp: Qmp, death: Death): void {
  switch (event) {
    case 'GUEST_PANICKED':
      death.sign('panic', 'the guest kernel panicked');
      break;
    case 'SHUTDOWN':
      if (data.reason === 'guest-reset') death.sign('shutdown', 'the guest reset itself');
      else if (data.guest) death.sign('shutdown', 'the guest powered itself off');
      else death.sign('shutdown', `somebody ended QEMU (${data.reason})`);
      break;
    case 'STOP':
      qmp.execute('query-status', z.object({ status: z.string() })).then(
        ({ status }) => {
          if (status === 'internal-error') death.sign('emulator-error', 'QEMU stopped the guest: internal error');
          if (status === 'io-error')
            death.sign('emulator-error', 'QEMU stopped the guest: its disk file cannot be written');
        },
        () => {}, // QEMU's exit explains it
      );
      break;
  }
}

function watch(child: QemuProcess, serial: SerialConsole, death: Death): void {
  const panics = new PanicReader();
  serial.onLine((line) => {
    const panic = panics.read(line);
    if (panic === undefined) return;
    const { reason, oops } = panic;
    death.sign('panic', `the guest kernel panicked: ${reason}${oops ? ` (${oops})` : ''}`, oops);
    death.settle();
  });
  serial.broken.then((error) => death.sign('emulator-error', `the console log cannot be written: ${error.message}`));
  child.exited.then(({ how }) => {
    const words = child.lastWords();
    death.sign('qemu-exit', `QEMU ended with ${how}${words ? `: ${words}` : ''}`);
    death.settle();
  });
}

/** Lets a panic's report finish, asks QEMU to quit, then kills it. */
async function end(child: QemuProcess, qmp: Qmp, serial: SerialConsole, death: Death): Promise<void> {
  if (death.verdict?.how === 'panic') await qmp.pace.within(PANIC_REPORT_MS, child.exited);
  death.sign('shutdown', 'the guest was closed');
  qmp.execute('quit', z.unknown()).catch(() => child.kill());
  await within(QUIT_MS, child.exited);
  child.kill();
  await within(QUIT_MS, Promise.all([child.exited, serial.ended]));
}

function didNotStart(child: QemuProcess, exit: Exit): InfraError {
  return new InfraError(`QEMU did not start: ${child.lastWords() ?? exit.how}`, child.complaints().join('\n'));
}

/** Why a guest that misses a deadline cannot run at the moment, if QEMU knows. */
async function standstill(qmp: Qmp): Promise<string | undefined> {
  try {
    const { status } = await qmp.execute('query-status', z.object({ status: z.string() }));
    return status === 'running' ? undefined : `QEMU says that the guest is '${status}'`;
  } catch (error) {
    return messageOf(error);
  }
}

/**
 * The result of the promise, or undefined after that time. Uses the plain clock, since it decides no verdict and must
 * not wait longer on a busy host.
 */
function within<T>(ms: number, promise: Promise<T>): Promise<T | undefined> {
  return Promise.race([promise, sleep(ms, undefined, { ref: false })]);
}

async function checkReadable(what: string, path: string, mode: number): Promise<void> {
  try {
    await access(path, mode);
    if (!(await stat(path)).isFile()) throw new Error('not a file');
  } catch (error) {
    throw new InfraError(`${what} cannot be used: ${path}: ${(error as Error).message}`, undefined, { cause: error });
  }
}

/** The most bytes that a guest's files can grow to. */
async function roomFor({ initrd, machine, topology }: GuestOptions): Promise<number> {
  let bytes = 0;
  for (const part of initrd) bytes += typeof part === 'string' ? (await stat(part)).size : part.length;
  for (const { sizeMiB } of backingFiles(machine, topology)) bytes += sizeMiB * MIB;
  return bytes;
}

/** A full host disk would look like a broken disk in the guest, or kill QEMU by a signal when it writes to a BAR. */
async function checkRoom(dir: string, bytes: number): Promise<void> {
  const mib = (n: number) => `${Math.ceil(n / MIB)} MiB`;
  const { bavail, bsize } = await statfs(dir).catch((error) => {
    throw new InfraError(`cannot make temporary files in ${dir}: ${error.message}`, undefined, { cause: error });
  });
  if (bavail * bsize < bytes)
    throw new InfraError(
      `no space: the guest's files need ${mib(bytes)} and ${dir} has ${mib(bavail * bsize)}; set TMPDIR to a place with room`,
    );
}

async function concatenate(parts: readonly (string | Uint8Array)[], into: FileHandle): Promise<void> {
  let at = 0;
  const append = async (bytes: Uint8Array) => {
    await into.write(bytes, 0, bytes.length, at);
    at += bytes.length;
  };
  for (const part of parts) {
    if (typeof part === 'string')
      for await (const chunk of createReadStream(part, { highWaterMark: 1 << 20 })) await append(chunk);
    else await append(part);
    // The kernel looks for the next archive at a multiple of four.
    if (at % 4 !== 0) await append(new Uint8Array(4 - (at % 4)));
  }
}

async function forwardedPort(qmp: Qmp): Promise<number> {
  const table = await qmp.execute('human-monitor-command', z.string(), { 'command-line': 'info usernet' });
  const port = /TCP\[HOST_FORWARD\]\s+\d+\s+127\.0\.0\.1\s+(\d+)/.exec(table)?.[1];
  if (!port) throw new InfraError('QEMU reports no forwarded SSH port', table);
  return Number(port);
}

async function allTraced(qmp: Qmp, events: readonly string[]): Promise<boolean> {
  for (const event of events) if (!(await traceEnabled(qmp, event))) return false;
  return true;
}

async function traceEnabled(qmp: Qmp, event: string): Promise<boolean> {
  const states = await qmp.execute(
    'trace-event-get-state',
    z.array(z.object({ name: z.string(), state: z.string() })),
    {
      name: event,
    },
  );
  return states.some(({ name, state }) => name === event && state === 'enabled');
}

async function checkPci(qmp: Qmp, topology: Topology): Promise<void> {
  const found = await pciFunctions(qmp);
  for (const { id, bdf } of pciDevices(topology)) {
    const there = found.get(id)?.bdf;
    if (there !== bdf) throw new InfraError(`device '${id}' should be at ${bdf}, but is at ${there ?? 'no address'}`);
  }
}

/** Resources of a guest, freed once, in reverse order. */
class AsyncStack {
  readonly #owned: (() => Promise<unknown>)[] = [];
  #closing: Promise<void> | undefined;

  add(free: () => Promise<unknown>): void {
    this.#owned.push(free);
  }

  close(): Promise<void> {
    this.#closing ??= this.#freeAll();
    return this.#closing;
  }

  async #freeAll(): Promise<void> {
    for (const free of this.#owned.reverse()) await free().catch(() => {});
  }
}
