import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { hostPath, InfraError, UsageError } from '../model/index.js';
import { type RunOptions, type RunResult, run, tail } from './exec.js';

export interface BoxOptions {
  /** An unpacked toolbox. It becomes /usr, read-only. */
  toolbox: string;
  /** It becomes /box, the current directory. */
  work: string;
  /** An empty directory, the mount point of the root. */
  mountPoint: string;
  /** Further directories by mount point. Mount points below /usr must exist in the toolbox. */
  mounts?: Record<string, string>;
  /** See run(). */
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

/** Prints $0 on standard error to show that the root has been entered and contains the command. */
const ENTERED = `
command -v "$1" >/dev/null || { echo "the toolbox has no $1" >&2; exit 127; }
echo "$0" >&2
exec "$@"`;

/**
 * Runs a command with the toolbox as its root, in its own mount and process namespaces: it uses no programs of the
 * host, and everything that it starts ends with it. Root uses its privileges if it has them, other users a user
 * namespace. If the command cannot be started, that is a fault of the host, so the result only contains the command's
 * own output.
 */
export async function inBox(command: readonly string[], options: BoxOptions): Promise<RunResult> {
  return enter(await namespaceFlags(options.signal), command, options);
}

/** The command line that runs a command in a box, for the caller to start. */
export async function boxCommand(command: readonly string[], options: BoxOptions): Promise<[string, ...string[]]> {
  await mkdir(options.mountPoint, { recursive: true });
  return boxWords(await namespaceFlags(options.signal), command, options);
}

async function enter(flags: string[], command: readonly string[], options: BoxOptions): Promise<RunResult> {
  const { mountPoint, signal, onLine } = options;
  await mkdir(mountPoint, { recursive: true });
  const word = `entered ${randomBytes(8).toString('hex')}`;
  const [file, ...args] = boxWords(flags, ['sh', '-c', ENTERED, word, ...command], options);
  const heard = onLine && ((line: string) => (line === word ? undefined : onLine(line)));
  const result = await run(file, args, { signal, ...(heard ? { onLine: heard } : {}) });
  const [before, after] = split(result.all, word);
  if (after === undefined)
    throw new InfraError(`cannot set up the build root: ${before.trim().split('\n')[0] || 'no output'}`, tail(before));
  return { ...result, all: before + after };
}

function boxWords(flags: string[], command: readonly string[], options: BoxOptions): [string, ...string[]] {
  const mounts = Object.entries(options.mounts ?? {}).flatMap(([to, from]) => [from, to]);
  const { mountPoint, toolbox, work } = options;
  const found = ['env', `PATH=${hostPath()}`] as const;
  return [
    ...found,
    'unshare',
    ...flags,
    'sh',
    '-c',
    SCRIPT,
    'box',
    mountPoint,
    toolbox,
    work,
    ...mounts,
    '--',
    ...command,
  ];
}

/** Throws if nothing can be built on this host, before anything is downloaded. */
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

/** Tries everything that a build needs, with the host's programs as the toolbox. */
async function findNamespaceFlags(signal: AbortSignal): Promise<string[]> {
  const plain = ['--mount', '--pid', '--fork', '--kill-child'];
  const user = ['--user', '--map-root-user', ...plain];
  const scratch = await mkdtemp(path.join(os.tmpdir(), 'phyrlab-box-'));
  const { mountPoint, work } = boxDirs(scratch);
  let said = '';
  try {
    await mkdir(work);
    for (const flags of process.getuid?.() === 0 ? [plain, user] : [user]) {
      try {
        await enter(flags, ['true'], { toolbox: '/', mountPoint, work, signal });
        return flags;
      } catch (error) {
        if (!(error instanceof InfraError)) throw error;
        said = error.message;
      }
    }
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
  throw new UsageError(
    `cannot create the namespaces for building kernel modules on this host: ${said}`,
    / not found|No such file/.test(said)
      ? 'install it (Debian packages coreutils, mount and util-linux)'
      : 'allow them (sysctl user.max_user_namespaces, kernel.unprivileged_userns_clone=1, kernel.apparmor_restrict_unprivileged_userns=0; in a container: CAP_SYS_ADMIN), or run as root',
  );
}

/** The scratch directories of a build step. */
export function boxDirs(scratch: string): { mountPoint: string; work: string } {
  return { mountPoint: path.join(scratch, 'root'), work: path.join(scratch, 'work') };
}

/** The text before the line with this word, and after it. */
function split(text: string, word: string): [string, string | undefined] {
  const at = text.indexOf(word);
  return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + word.length).replace(/^\n/, '')];
}
