/** A running guest and everything that it owns on the host. */
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
  describe,
  type GuestDied,
  InfraError,
  type Kernel,
  type Machine,
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
  /** cpio archives that are loaded one after the other: paths, or bytes made for this run. */
  initrd: readonly (string | Uint8Array)[];
  machine: Machine;
  topology: Topology;
  accelerator: 'kvm' | 'tcg';
  /** An existing directory, the caller's, that keeps console.log, trace.log and qmp.log; without it they go with the guest. */
  artefacts?: string;
  /** Another place for QEMU's trace; must be writable. */
  traceFile?: string;
  /** Where the nameless files behind disks and BARs take their room; default: the system's temporary directory. */
  scratch?: string;
  /** Files of the caller's, by their keys in `Backing`, that outlive the guest with what they hold; others are new and go with it. */
  kept?: ReadonlyMap<string, FileHandle>;
  /** QEMU trace events besides the IOMMU's faults. */
  traceEvents?: readonly string[];
  /** Have QEMU write down which code runs at these addresses, by its plugin. Only its emulator (TCG) can. */
  coverage?: { plugin: string; ranges: readonly Range[] } | undefined;
  /** The folder of a state that `save` wrote of a guest of the same options: this one goes on from there, and does not boot. */
  state?: string;
  /** Gives up starting. A started guest is ended by closing it. */
  signal: AbortSignal;
}

export interface Guest extends AsyncDisposable {
  readonly pid: number;
  /** On 127.0.0.1; leads to the guest's port 22. */
  readonly sshPort: number;
  readonly console: SerialConsole;
  readonly qmp: Qmp;
  /** Resolved at once when the guest ends, whatever ends it; also when it is closed (`shutdown`). Never rejected. */
  readonly died: Promise<GuestDied>;
  /** What deadlines for this guest count, and what the host did to it. */
  readonly pace: Pace;
  /**
   * The host's file behind each nvme and ivshmem node, by node id: disk contents and BAR 2, zeroes at first; a persistent memory
   * region's is at `pmrOf(id)`; at `cmbOf(id)` is what `copyCmb` saw last. The paths are good in
   * any process on this host until the guest is closed; QEMU's death does not touch them.
   */
  readonly files: ReadonlyMap<string, string>;
  /** IOMMU faults, guest errors and the extra trace events. */
  readonly traceFile: string;
  /** What has run, if that was asked for. */
  readonly coverage: MapFile | undefined;
  /** QEMU's whole command line, for a report. */
  readonly commandLine: readonly string[];
  /** Does QEMU really report this trace event; without one: all by which the machine's IOMMU shows a fault? */
  traceEnabled(event?: string): Promise<boolean>;
  /** Looks into the guest's memory from outside. */
  readWords: ReadWords;
  /** Once the firmware has run: are all devices where `pciPlan` says? InfraError names the first that is not. */
  checkPci(): Promise<void>;
  /** Copies the controller memory buffer of a node to its file. */
  copyCmb(node: string): Promise<void>;
  /** Takes the device of a node out of the running guest; resolves when its kernel has let it go. */
  unplug(node: string): Promise<void>;
  /** Puts it back where it was. */
  plug(node: string): Promise<void>;
  /** Why QEMU cannot write this guest's state, if so. */
  unsaveable(): Promise<string | undefined>;
  /**
   * Writes the guest's state into an empty folder; this guest goes on, too. InfraError if QEMU cannot, or if the guest has written to
   * its disks, which are no part of the state, or if it takes longer than that (by default, than is reasonable for its memory).
   */
  save(dir: string, limitMs?: number): Promise<void>;
  /** Ends QEMU and frees all; within 4 s. Idempotent, never throws. */
  close(): Promise<void>;
}

const MIB = 2 ** 20;
const START_MS = 15_000;
const PANIC_REPORT_MS = 1_000;
const QUIT_MS = 1_500;
const WORDS_MS = 1_000;

/**
 * Starts QEMU; resolves when its monitor answers, which is before the kernel runs its first line.
 * Fails with InfraError (QEMU does not start: its own words are in the message), or with the signal's reason.
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
  /** The child has its own number for each. */
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

  /** A log file's path for us and for QEMU. */
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
  // A guest that was to go on from a state, and did not, may have left that state's console.
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
    // QEMU's own words explain a lost monitor better, and come a little later.
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

/** What was said to QEMU's monitor and what it said, with the seconds since QEMU's start. Not worth a guest's life: it may fail. */
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
      else death.sign('shutdown', `QEMU was told to end (${data.reason})`);
      break;
    case 'STOP':
      qmp.execute('query-status', z.object({ status: z.string() })).then(
        ({ status }) => {
          if (status === 'internal-error') death.sign('emulator-error', 'QEMU stopped the guest: internal error');
          if (status === 'io-error')
            death.sign('emulator-error', 'QEMU stopped the guest: its disk file cannot be written');
        },
        () => {}, // QEMU's end tells
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

/** In reverse order of starting: let a panic's report out, ask QEMU to end, make it end. */
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

/** Why a guest that is late cannot do a thing now, if so. */
async function standstill(qmp: Qmp): Promise<string | undefined> {
  try {
    const { status } = await qmp.execute('query-status', z.object({ status: z.string() }));
    return status === 'running' ? undefined : `QEMU says that the guest is '${status}'`;
  } catch (error) {
    return describe(error);
  }
}

/** What the promise brings if it does so in that time. By the clock: nobody is judged by it, and our own end must not wait for a busy host. */
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

/** The most that a guest's files can grow to, in bytes. */
async function roomFor({ initrd, machine, topology }: GuestOptions): Promise<number> {
  let bytes = 0;
  for (const part of initrd) bytes += typeof part === 'string' ? (await stat(part)).size : part.length;
  for (const { sizeMiB } of backingFiles(machine, topology)) bytes += sizeMiB * MIB;
  return bytes;
}

/** A host disk that fills up would look like a defect of the guest's disk, and end QEMU by a signal in a BAR. */
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
    // Archives are told apart at multiples of four.
    if (at % 4 !== 0) await append(new Uint8Array(4 - (at % 4)));
  }
}

async function forwardedPort(qmp: Qmp): Promise<number> {
  const table = await qmp.execute('human-monitor-command', z.string(), { 'command-line': 'info usernet' });
  const port = /TCP\[HOST_FORWARD\]\s+\d+\s+127\.0\.0\.1\s+(\d+)/.exec(table)?.[1];
  if (!port) throw new InfraError('QEMU does not show the forwarded SSH port', table);
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
    if (there !== bdf) throw new InfraError(`device '${id}' should be at ${bdf} and is at ${there ?? 'no address'}`);
  }
}

/** What a guest owns, freed in reverse order, once. */
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
