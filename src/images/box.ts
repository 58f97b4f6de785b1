import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { InfraError, UsageError } from '../model/index.js';
import { type RunOptions, type RunResult, run } from './exec.js';

export interface BoxOptions {
  /** Unpacked toolbox: becomes /usr, read-only. */
  toolbox: string;
  /** Appears as /box, the current directory. */
  work: string;
  /** An empty directory for the root's mount point. */
  mountPoint: string;
  /** Further directories, by where they appear. What lies below /usr must exist in the toolbox. */
  mounts?: Record<string, string>;
  /** As in run(). */
  onLine?: RunOptions['onLine'];
  signal: AbortSignal;
}

/** $1 mount point, $2 toolbox, $3 work; then pairs FROM TO up to `--`; then the command. */
const SCRIPT = `
set -e
R=$1 T=$2 W=$3; shift 3
mount -t tmpfs -o mode=755 box "$R"
mkdir "$R/usr" "$R/proc" "$R/dev" "$R/tmp" "$R/box"
for d in bin lib lib64 sbin; do ln -s usr/$d "$R/$d"; done
mount --bind "$T/usr" "$R/usr"
mount -o remount,bind,ro "$R/usr" 2>/dev/null || :
mount -t proc proc "$R/proc" 2>/dev/null || mount --rbind /proc "$R/proc"
mount --rbind /dev "$R/dev"
mount --bind "$W" "$R/box"
while [ "$1" != -- ]; do
  mkdir -p "$R$2"; mount --bind "$1" "$R$2"; shift 2
done
shift
cd "$R/box"
exec chroot "$R" /usr/bin/env -i -C /box PATH=/usr/bin:/usr/sbin HOME=/tmp LC_ALL=C.UTF-8 "$@"
`;

/**
 * Runs a command with the toolbox as its root, in mount and process namespaces of its own: nothing of the host's programs is
 * used, and all that it starts ends with it. Root uses its privileges if it has them, everyone else a user namespace.
 */
export async function inBox(command: readonly string[], options: BoxOptions): Promise<RunResult> {
  const [file, ...args] = await boxCommand(command, options);
  const { signal, onLine } = options;
  const result = await run(file, args, { signal, ...(onLine ? { onLine } : {}) });
  if (!result.ok && /^(mount|unshare|chroot): /m.test(result.all)) {
    throw new InfraError(
      `cannot set up the build root: ${/^(mount|unshare|chroot): .*/m.exec(result.all)?.[0]}`,
      result.all,
    );
  }
  return result;
}

/** The words that run a command in a box, for somebody else to start. */
export async function boxCommand(command: readonly string[], options: BoxOptions): Promise<[string, ...string[]]> {
  await mkdir(options.mountPoint, { recursive: true });
  const flags = await namespaceFlags(options.signal);
  const mounts = Object.entries(options.mounts ?? {}).flatMap(([to, from]) => [from, to]);
  const { mountPoint, toolbox, work } = options;
  return ['unshare', ...flags, 'sh', '-c', SCRIPT, 'box', mountPoint, toolbox, work, ...mounts, '--', ...command];
}

/** Throws at once on a host where nothing can be built, before anything is downloaded for it. */
export async function checkNamespaces(signal: AbortSignal): Promise<void> {
  await namespaceFlags(signal);
}

let working: Promise<string[]> | undefined;

function namespaceFlags(signal: AbortSignal): Promise<string[]> {
  working ??= findNamespaceFlags(signal);
  working.catch(() => {
    working = undefined;
  });
  return working;
}

async function findNamespaceFlags(signal: AbortSignal): Promise<string[]> {
  const plain = ['--mount', '--pid', '--fork', '--kill-child'];
  const user = ['--user', '--map-root-user', ...plain];
  let said = '';
  for (const flags of process.getuid?.() === 0 ? [plain, user] : [user]) {
    const result = await run('unshare', [...flags, 'sh', '-c', 'mount -t tmpfs box /tmp'], { signal });
    if (result.ok) return flags;
    said = result.all.trim();
  }
  throw new UsageError(
    `this host does not let us make the namespaces that kernel modules are built in: ${said}`,
    'allow them (sysctl user.max_user_namespaces, kernel.unprivileged_userns_clone=1, kernel.apparmor_restrict_unprivileged_userns=0; in a container: CAP_SYS_ADMIN), or run as root',
  );
}

/** Where a command in a box finds the scratch directories of its step. */
export function boxDirs(scratch: string): { mountPoint: string; work: string } {
  return { mountPoint: path.join(scratch, 'root'), work: path.join(scratch, 'work') };
}
