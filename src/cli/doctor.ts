import { mkdir, mkdtemp, rm, statfs } from 'node:fs/promises';
import { cpus, release, totalmem } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import {
  cacheDirectory,
  checkNamespaces,
  findMirror,
  hostPrograms,
  type ImagesOptions,
  type Lacking,
  openImages,
  tryMirror,
} from '../images/index.js';
import { countOf, ExitCode, formatBytes, hostFault, invocation, messageOf, UsageError } from '../model/index.js';
import { probeAccelerator } from '../qemu/index.js';
import { progressReporter, StatusLine, styleFor } from '../report/index.js';
import { runsFolder } from '../results/index.js';
import { columnsOf, flowing, print } from '../terminal/index.js';
import { interruptible } from './interrupt.js';
import { addImageOptions, type ImageOptions } from './options.js';

interface DoctorOptions extends ImageOptions {
  kernel: string;
  fresh?: boolean;
}

interface Finding {
  what: string;
  state: 'good' | 'note' | 'bad';
  text: string;
}

export function doctorCommand(): Command {
  const command = new Command('doctor')

    .option('--kernel <RELEASE|DIR>', 'the kernel that the accelerator probe boots', '7.3')
    .option('--fresh', 'probe the accelerator again instead of using the cached answer');
  return addImageOptions(command).action(doctor);
}

async function doctor(options: DoctorOptions): Promise<void> {
  using interrupt = interruptible();
  const { signal } = interrupt;
  using status = new StatusLine(process.stderr);
  const style = styleFor(process.stdout);
  let bad = false;
  const say = ({ what, state, text }: Finding) => {
    bad ||= state === 'bad';
    const paint = state === 'good' ? style.good : state === 'bad' ? style.bad : style.doubtful;
    const columns = [paint(state.padEnd(4)), what.padEnd(12)];
    for (const line of flowing(columns, text, columnsOf(process.stdout))) print(process.stdout, line);
  };

  say({
    what: 'host',
    state: 'good',
    text: `${countOf(cpus().length, 'processor')}, ${formatBytes(totalmem())}, Linux ${release()}`,
  });
  say(await tools(signal));
  say(await namespaces(signal));
  const cacheDir = cacheDirectory(undefined, process.env);
  const cache = await folder('cache', cacheDir);
  say(cache);
  say(await folder('runs', runsFolder()));
  const packages = await mirror(options, signal);
  say(packages);
  if (cache.state === 'bad') say({ what: 'images', state: 'note', text: 'unknown, because the cache cannot be used' });
  else
    await imagesAndAccelerator(options, {
      say,
      signal,
      cacheDir,
      progress: progressReporter(status),
      fetchable: packages.state === 'good',
    });
  process.exitCode = bad ? ExitCode.failed : ExitCode.ok;
}

interface Looking {
  say: (finding: Finding) => void;
  signal: AbortSignal;
  cacheDir: string;
  progress: ImagesOptions['progress'];
  /** The mirror can provide what the cache lacks. */
  fetchable: boolean;
}

async function imagesAndAccelerator(options: DoctorOptions, looking: Looking): Promise<void> {
  const { say, signal, cacheDir, progress, fetchable } = looking;
  // Looks at the cache only. Downloads nothing.
  await using images = await openImages({ ...options, offline: true, progress, signal });
  const image = await images.image(options.kernel).catch((error: unknown) => {
    signal.throwIfAborted();
    const unavailable = options.offline ? '--offline downloads nothing' : 'the mirror cannot provide the rest';
    const remedy = fetchable ? `${invocation('images build')} makes them` : unavailable;
    say({
      what: 'images',
      state: fetchable || options.offline ? 'note' : 'bad',
      text: `not all are in the cache yet; ${remedy}: ${messageOf(hostFault(error) ?? error)}`,
    });
    return undefined;
  });
  if (image === undefined) {
    say({ what: 'accelerator', state: 'note', text: 'unknown until there is an image to boot' });
    return;
  }
  const drift = images.drift();
  say({ what: 'images', state: 'good', text: `Linux ${image.kernel.release}, QEMU ${image.qemu.version}` });
  if (drift.length > 0) say({ what: 'drift', state: 'note', text: `differ from the lock files: ${drift.join(', ')}` });
  const { accelerator, why } = await probeAccelerator({ ...image, cacheDir, fresh: options.fresh ?? false, signal });
  say({ what: 'accelerator', state: accelerator === 'kvm' ? 'good' : 'note', text: `${accelerator}: ${why}` });
}

async function tools(signal: AbortSignal): Promise<Finding> {
  const { needed, lacking } = await hostPrograms(signal);
  const named = (all: readonly Lacking[]) =>
    all.map(({ program, from }) => `${program} (Debian package ${from})`).join(', ');
  const missing = lacking.filter(({ use }) => use === undefined);
  if (missing.length > 0) return { what: 'tools', state: 'bad', text: `do not start: ${named(missing)}` };
  const unused = lacking.map((one) => `${named([one])}, for ${one.use}`).join('; ');
  return { what: 'tools', state: 'good', text: `all ${needed} start${unused === '' ? '' : `; missing: ${unused}`}` };
}

/** Modules are built as root inside namespaces. */
async function namespaces(signal: AbortSignal): Promise<Finding> {
  try {
    await checkNamespaces(signal);
    const who = process.getuid?.() === 0 ? 'as root' : 'as an ordinary user';
    return { what: 'namespaces', state: 'good', text: `mount and process namespaces, ${who}` };
  } catch (error) {
    signal.throwIfAborted();
    const hint = error instanceof UsageError && error.hint !== undefined ? `; ${error.hint}` : '';
    return { what: 'namespaces', state: 'bad', text: `${messageOf(error)}${hint}` };
  }
}

/** Checks by writing: the folder may be ours and its content another user's. */
async function folder(what: string, path: string): Promise<Finding> {
  try {
    await mkdir(path, { recursive: true });
    await rm(await mkdtemp(join(path, '.doctor-')), { recursive: true });
    const { bavail, bsize } = await statfs(path);
    const free = bavail * bsize;
    const enough = free > 3 * 2 ** 30;
    return {
      what,
      state: enough ? 'good' : 'note',
      text: `${path}, ${formatBytes(free)} free${enough ? '' : ' (3 GiB are recommended)'}`,
    };
  } catch (error) {
    return { what, state: 'bad', text: messageOf(hostFault(error) ?? error) };
  }
}

/** Checks by downloading. */
async function mirror(options: DoctorOptions, signal: AbortSignal): Promise<Finding> {
  const what = 'mirror';
  const only = 'only needed for what the cache lacks';
  try {
    const url = await findMirror(options.mirror, process.env, signal);
    if (options.offline) return { what, state: 'note', text: `${url}, not tried: --offline` };
    const wrong = await tryMirror(url, signal);
    return wrong === undefined
      ? { what, state: 'good', text: url }
      : { what, state: 'note', text: `${url} does not serve its package indexes: ${wrong} (${only})` };
  } catch (error) {
    signal.throwIfAborted();
    return { what, state: 'note', text: `${messageOf(error)} (${only})` };
  }
}
