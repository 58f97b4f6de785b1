import { access, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { Command } from 'commander';
import { Detached, type Streams } from '../guest/index.js';
import { cacheDirectory, guestFolder, type Images, openImages } from '../images/index.js';
import {
  ExitCode,
  GuestDied,
  InfraError,
  type Modules,
  messageOf,
  type Progress,
  quoted,
  UsageError,
  withInvocation,
} from '../model/index.js';
import { deviceEvents } from '../oracle/index.js';
import { type FoundCell, findCell } from '../plan/index.js';
import { probeAccelerator } from '../qemu/index.js';
import { progressReporter, StatusLine } from '../report/index.js';
import { runsFolder } from '../results/index.js';
import { Desk, deskFolder, lacking, Snapshots, serveDesk } from '../run/index.js';
import { BOOT_TIMEOUT_S } from './conduct-options.js';
import { gdbLacks, gdbScript } from './gdb.js';
import { interruptible } from './interrupt.js';
import {
  addImageOptions,
  addKernelOptions,
  type ImageOptions,
  type KernelOptions,
  kernelSpec,
  ONE_CELL,
  wholeNumber,
} from './options.js';
import { loadSuites } from './scenarios.js';

interface ShellOptions extends ImageOptions, KernelOptions {
  scenarios?: string;
  runs?: string;
  gdb?: boolean;
  cold?: boolean;
  trace?: string;
  bootTimeout?: number;
}

export function shellCommand(): Command {
  const command = new Command('shell')

    .argument('<CELL>', ONE_CELL)
    .argument(
      '[COMMAND...]',
      "after --: run this instead of a shell; one word is a line for the guest's shell, several are a program and its arguments",
    )
    .option('--scenarios <DIR>', 'also load the scenario files in this folder')
    .option('--gdb', 'once the modules are loaded, stop the guest until gdb has attached and continued')
    .option(
      '--trace <[EVENTS=]FILE>',
      "write QEMU's trace to this new file; EVENTS are names or patterns separated by commas (default: those of the NVMe and the IOMMU)",
    )
    .option('--cold', 'boot the guest, even if there is a snapshot of it')
    .option(
      '--runs <DIR>',
      'where to put the folder of this guest (default: $PHYRLAB_RUNS, ~/.local/state/phyrlab/runs)',
    )
    .option(
      '--boot-timeout <SECONDS>',
      `give up if the guest is not ready by then (default: ${BOOT_TIMEOUT_S})`,
      wholeNumber(1, 3600),
    );
  addKernelOptions(command);
  return addImageOptions(command).action(shell);
}

async function shell(word: string, words: string[], options: ShellOptions): Promise<void> {
  const cell = findCell(await loadSuites(options.scenarios), word);
  // Reports a bad event name before images are built.
  if (options.trace !== undefined) eventsOf(options.trace);
  using interrupt = interruptible();
  const { signal } = interrupt;
  using status = new StatusLine(process.stderr);
  const say = (text: string) => status.print(text);
  let progress: ((event: Progress) => void) | undefined = progressReporter(status);
  await using images = await openImages({ ...options, progress: (event) => progress?.(event), signal });
  const plants = cell.plant !== undefined;
  const kernel = kernelSpec(options);
  images.checkKernel(kernel, [cell.machine]);
  const image = await images.image(kernel, { plants, machine: cell.machine });
  const lacks = lacking(image, cell);
  if (lacks !== undefined) throw new UsageError(`${cell.id} cannot be booted: ${lacks}`);
  const trace = options.trace === undefined ? undefined : await traceOf(options.trace, cell);
  const { accelerator } = await probeAccelerator({
    ...image,
    cacheDir: cacheDirectory(undefined, process.env),
    signal,
  });

  await using folder = await deskFolder(runsFolder(options.runs));
  let desk: Desk | undefined;
  const reload = reloader(images, image, plants, () => desk);
  const onReload = async () => {
    const said = await reload();
    if (options.gdb && desk) await writeFile(gdbFile, await script(desk));
    return said;
  };
  await using _control = await serveDesk(folder.path, async (ask) => (ask === 'cell' ? cell.id : onReload()));
  const gdbFile = join(folder.path, 'attach.gdb');
  const socket = join(folder.path, 'gdb');
  const script = async (ready: Desk) =>
    gdbScript({
      kernel: image.kernel,
      modules: ready.modules,
      sections: await ready.sections(),
      socket,
      guest: guestFolder,
    });

  status.now('guest', `booting ${cell.machine.id} with ${image.kernel.release}`);
  await using ready = await Desk.start({
    cell,
    image,
    accelerator,
    artefacts: folder.path,
    deadlineMs: (options.bootTimeout ?? BOOT_TIMEOUT_S * image.kernel.patience) * 1000,
    snapshots: options.cold ? undefined : new Snapshots(images.states, say),
    saveSnapshot: true,
    signal,
    ...(trace && { traceFile: trace.file, traceEvents: trace.events }),
  });
  await checkEvents(ready, trace?.events ?? []);
  status.clear();
  desk = ready;
  const interactive = process.stdin.isTTY === true && process.stdout.isTTY === true;
  if (interactive || options.gdb) introduce(ready, folder.path, say);
  if (options.gdb) {
    await writeFile(gdbFile, await script(ready));
    const unknown = gdbLacks(image.kernel);
    if (unknown) say(unknown);
    say(`the guest is stopped until gdb attaches and continues: gdb -x ${gdbFile}`);
    await ready.guest.awaitDebugger(socket, signal);
  }
  // From now on the terminal belongs to the guest.
  progress = undefined;
  process.exitCode = await converse(ready, words, interactive, signal);
}

/** @returns the exit code: the command's, or one that says how the guest ended. */
async function converse(desk: Desk, words: string[], interactive: boolean, signal: AbortSignal): Promise<number> {
  const { stdin, stdout, stderr } = process;
  const streams: Streams = { stdin, stdout, stderr, ...(interactive && { terminal: ownTerminal() }) };
  try {
    if (interactive) stdin.setRawMode(true);
    return await desk.guest.session.attach(commandLine(desk, words), streams, { signal });
  } catch (error) {
    if (error instanceof Detached) return ExitCode.interrupted;
    if (!(error instanceof GuestDied)) throw error;
    // poweroff typed in the shell is a normal end.
    if (error.how === 'shutdown' && interactive) return ExitCode.ok;
    throw new InfraError(`the guest has ended: ${error.message}`, desk.guest.console().slice(-30).join('\n'));
  } finally {
    if (interactive) stdin.setRawMode(false);
    // Otherwise an open standard input would keep this process alive.
    stdin.pause();
    if ('unref' in stdin) stdin.unref();
  }
}

function ownTerminal(): NonNullable<Streams['terminal']> {
  const { stdout, env } = process;
  return {
    kind: env.TERM ?? 'vt100',
    size: () => ({ rows: stdout.rows, columns: stdout.columns }),
    onResize: (changed) => {
      stdout.on('resize', changed);
      return () => stdout.off('resize', changed);
    },
  };
}

function commandLine(desk: Desk, words: string[]): string {
  const environment = { ...desk.environment(), PS1: `${desk.cell.machine.id} \\w # ` };
  const exports = Object.entries(environment).map(([name, value]) => `${name}=${quoted(value)}`);
  const [line] = words;
  const what = line === undefined ? 'exec sh' : words.length === 1 ? line : `exec ${words.map(quoted).join(' ')}`;
  return `cd /root; export PATH=/lab/bin:$PATH ${exports.join(' ')}; ${what}`;
}

function introduce(desk: Desk, folder: string, say: (text: string) => void): void {
  say(`${desk.cell.id}: backend ${desk.cell.backend}${desk.cell.plant ? `, planted defect ${desk.cell.plant}` : ''}`);
  if ('pruned' in desk.cell.outcome) say(`suites prune this cell: ${desk.cell.outcome.pruned}`);
  for (const line of desk.devices()) say(`  ${line}`);
  say(`tools: lab, phyrctl, phyrio, fio, churn ...; console: ${join(folder, 'console.log')}`);
  say(
    withInvocation(
      "after you edit guest/, run 'phyrlab reload' in another terminal; 'exit' ends the guest, ~. leaves one that hangs",
    ),
  );
}

/** Builds the modules and loads those that changed in the guest. Only one reload runs at a time. */
function reloader(
  images: Images,
  image: { kernel: Parameters<Images['modules']>[0] },
  plants: boolean,
  desk: () => Desk | undefined,
) {
  let busy = false;
  return async (): Promise<string> => {
    const ready = desk();
    if (ready === undefined) throw new UsageError('the guest is still booting', 'try again when it is ready');
    if (busy) throw new UsageError('a reload is already in progress');
    busy = true;
    try {
      const started = performance.now();
      const seconds = () => `${((performance.now() - started) / 1000).toFixed(1)} s`;
      const modules: Modules = await images.modules(image.kernel, { plants });
      const built = seconds();
      const changed = await ready.reload(modules);
      if (changed.length === 0) return 'nothing to reload: the guest already has these modules';
      return `reloaded ${changed.join(', ')} in ${seconds()} (building: ${built})`;
    } catch (error) {
      throw error instanceof Error ? error : new Error(messageOf(error));
    } finally {
      busy = false;
    }
  };
}

/** The events before the `=`, if there are any. */
function eventsOf(trace: string): string[] | undefined {
  const at = trace.lastIndexOf('=');
  const events = at < 0 ? undefined : trace.slice(0, at).split(',');
  const wrong = events?.find((event) => !isEventPattern(event));
  if (wrong === undefined) return events;
  throw new UsageError(
    `--trace: '${wrong}' is not a QEMU trace event`,
    "use names or patterns such as 'pci_nvme_*,vtd_*'",
  );
}

async function traceOf(option: string, { machine }: FoundCell): Promise<{ file: string; events: readonly string[] }> {
  const at = option.lastIndexOf('=');
  const file = resolve(option.slice(at + 1));
  const events = eventsOf(option) ?? deviceEvents(machine.iommu);
  const exists = await access(file).then(
    () => true,
    () => false,
  );
  if (exists) throw new UsageError(`--trace: ${file} already exists`, 'name a new file');
  try {
    await writeFile(file, '', { flag: 'wx' });
  } catch (error) {
    throw new UsageError(`--trace cannot be written: ${messageOf(error)}`);
  }
  return { file, events };
}

/** QEMU would take some words for options of its own, and `help` would end it. */
export function isEventPattern(word: string): boolean {
  return /^[\w*?]{1,100}$/.test(word) && !['help', '?'].includes(word);
}

async function checkEvents(desk: Desk, events: readonly string[]): Promise<void> {
  for (const event of events)
    if (!(await desk.guest.hasTraceEvents(event)))
      throw new UsageError(
        `--trace: this QEMU has no event '${event}'`,
        "use names or patterns such as 'pci_nvme_*,vtd_*'",
      );
}
