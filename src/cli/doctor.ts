import { access, constants, mkdir, statfs } from 'node:fs/promises';
import { cpus, release, totalmem } from 'node:os';
import { Command } from 'commander';
import { cacheDirectory, checkNamespaces, findMirror, openImages } from '../images/index.js';
import { describe, ExitCode, UsageError } from '../model/index.js';
import { probeAccelerator } from '../qemu/index.js';
import { formatBytes, progressReporter, StatusLine, styleFor } from '../report/index.js';
import { runsFolder } from '../results/index.js';
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
    .description('what this host can do for phyrlab, and what to do about what it cannot')
    .option('--kernel <RELEASE|DIR>', 'the kernel for the accelerator probe', '7.3')
    .option('--fresh', 'probe the accelerator again instead of using the kept answer');
  return addImageOptions(command).action(doctor);
}

async function doctor(options: DoctorOptions): Promise<void> {
  using interrupt = interruptible();
  const { signal } = interrupt;
  const status = new StatusLine(process.stderr);
  const style = styleFor(process.stdout);
  let bad = false;
  const say = ({ what, state, text }: Finding) => {
    bad ||= state === 'bad';
    const paint = state === 'good' ? style.good : state === 'bad' ? style.bad : style.doubtful;
    process.stdout.write(`${paint(state.padEnd(4))}  ${what.padEnd(12)}  ${text}\n`);
  };

  say({
    what: 'host',
    state: 'good',
    text: `${cpus().length} processors, ${formatBytes(totalmem())}, Linux ${release()}`,
  });
  say(await tools());
  say(await namespaces(signal));
  say(await folder('cache', cacheDirectory(undefined, process.env)));
  say(await folder('runs', runsFolder()));
  say(await mirror(options, signal));
  await using images = await openImages({ ...options, offline: true, progress: progressReporter(status), signal });
  const image = await images.image(options.kernel).catch((error: unknown) => {
    signal.throwIfAborted();
    say({ what: 'images', state: 'note', text: `not all in the cache yet (phyrlab images build): ${describe(error)}` });
    return undefined;
  });
  if (image === undefined) {
    say({ what: 'accelerator', state: 'note', text: 'not known before there is an image to boot' });
  } else {
    const drift = images.drift();
    say({ what: 'images', state: 'good', text: `Linux ${image.kernel.release}, QEMU ${image.qemu.version}` });
    if (drift.length > 0) say({ what: 'drift', state: 'note', text: `not as locked: ${drift.join(', ')}` });
    const cacheDir = cacheDirectory(undefined, process.env);
    const { accelerator, why } = await probeAccelerator({ ...image, cacheDir, fresh: options.fresh ?? false, signal });
    say({ what: 'accelerator', state: accelerator === 'kvm' ? 'good' : 'note', text: `${accelerator}: ${why}` });
  }
  process.exitCode = bad ? ExitCode.failed : ExitCode.ok;
}

async function tools(): Promise<Finding> {
  const needed = ['apt-get', 'apt-cache', 'dpkg-deb', 'unshare', 'setpriv'];
  const found = await Promise.all(needed.map(async (name) => ((await onPath(name)) ? [] : [name])));
  const missing = found.flat();
  return missing.length === 0
    ? { what: 'tools', state: 'good', text: needed.join(', ') }
    : {
        what: 'tools',
        state: 'bad',
        text: `missing: ${missing.join(', ')} (Debian packages apt, dpkg and util-linux)`,
      };
}

async function onPath(name: string): Promise<boolean> {
  for (const dir of (process.env.PATH ?? '').split(':')) {
    if (dir === '') continue;
    try {
      await access(`${dir}/${name}`, constants.X_OK);
      return true;
    } catch {
      // not in this one
    }
  }
  return false;
}

/** Modules are built with the toolbox as root, inside namespaces of their own. */
async function namespaces(signal: AbortSignal): Promise<Finding> {
  try {
    await checkNamespaces(signal);
    const who = process.getuid?.() === 0 ? 'as root' : 'as an ordinary user';
    return { what: 'namespaces', state: 'good', text: `mount and process namespaces, ${who}` };
  } catch (error) {
    signal.throwIfAborted();
    const hint = error instanceof UsageError && error.hint !== undefined ? `; ${error.hint}` : '';
    return { what: 'namespaces', state: 'bad', text: `${describe(error)}${hint}` };
  }
}

async function folder(what: string, path: string): Promise<Finding> {
  try {
    await mkdir(path, { recursive: true });
    await access(path, constants.W_OK);
    const { bavail, bsize } = await statfs(path);
    const free = bavail * bsize;
    const enough = free > 3 * 2 ** 30;
    return {
      what,
      state: enough ? 'good' : 'note',
      text: `${path}, ${formatBytes(free)} free${enough ? '' : ' (3 GiB are advised)'}`,
    };
  } catch (error) {
    return { what, state: 'bad', text: `${path}: ${describe(error)}` };
  }
}

async function mirror(options: DoctorOptions, signal: AbortSignal): Promise<Finding> {
  try {
    return { what: 'mirror', state: 'good', text: await findMirror(options.mirror, process.env, signal) };
  } catch (error) {
    return { what: 'mirror', state: 'note', text: `${describe(error)} (needed only for what the cache lacks)` };
  }
}
