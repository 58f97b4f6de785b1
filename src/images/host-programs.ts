/**
 * The host's programs that phyrlab needs, each tested by starting it. Those for the build root are tested by entering
 * it.
 */
import { APT_HELPER } from './apt.js';
import { run } from './exec.js';

/** By Debian package. */
const NEEDED: Record<string, readonly string[]> = {
  apt: ['apt-get', 'apt-cache', 'apt-config', APT_HELPER],
  coreutils: ['env', 'cp', 'rm', 'chmod', 'mkfifo', 'chroot'],
  dpkg: ['dpkg-deb'],
  mount: ['mount'],
  tar: ['tar'],
  'util-linux': ['setpriv', 'flock', 'unshare'],
};

/** Optional programs. */
const WANTED: readonly Lacking[] = [
  { program: 'git', from: 'git', use: 'bench --against REVISION' },
  { program: 'xdg-open', from: 'xdg-utils', use: 'report --open' },
  { program: 'gdb', from: 'gdb', use: 'the command that shell --gdb prints' },
];

export interface Lacking {
  program: string;
  /** The Debian package with the program. */
  from: string;
  /** What does not work without it. Undefined: phyrlab does not work at all. */
  use?: string;
}

/** The programs that cannot be started here, and how many are needed. */
export async function hostPrograms(signal: AbortSignal): Promise<{ needed: number; lacking: Lacking[] }> {
  const needed = Object.entries(NEEDED).flatMap(([from, programs]) => programs.map((program) => ({ program, from })));
  const lacking: Lacking[] = [];
  for (const one of [...needed, ...WANTED]) if (!(await starts(one.program, signal))) lacking.push(one);
  return { needed: needed.length, lacking };
}

async function starts(program: string, signal: AbortSignal): Promise<boolean> {
  try {
    return (await run(program, ['--version'], { signal })).ok;
  } catch {
    signal.throwIfAborted();
    return false;
  }
}
