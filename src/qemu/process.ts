/** The QEMU process: its descriptors, its dying words, and the certainty that it ends with us. */
import { type ChildProcess, spawn } from 'node:child_process';
import type { Duplex } from 'node:stream';
import { type HostProgram, LineSplitter } from '../model/index.js';

const KEPT_LINES = 40;
const LONGEST_LINE = 8192;

/** Descriptors in the child: its monitor (a socket) and console (a pipe), then the files handed over. */
export const FD = { qmp: 3, console: 4, files: 5 } as const;

export interface Exit {
  /** For a person: `exit code 1`, `signal SIGKILL`, or why it could not be started. */
  how: string;
}

export interface QemuProcess {
  pid: number | undefined;
  qmp: Duplex;
  /** Resolved when the process is gone and all that it wrote has been read. */
  exited: Promise<Exit>;
  /** Last lines of its standard error. */
  complaints(): string[];
  /** The last of them that is more than a warning. */
  lastWords(): string | undefined;
  kill(): void;
}

/** Run by a shell with our process id as $0: if we died before the death signal was set, it would never come. */
const UNLESS_ORPHANED = '[ "$PPID" = "$0" ] && exec "$@"';

/**
 * Starts QEMU in a session of its own, so that a terminal's Ctrl-C reaches only us, and with a death signal, so that it goes when
 * we go, however we go. `setpriv` (util-linux) sets that for any QEMU version; the signal is kept across exec. The kernel sends it
 * when the thread that called this ends: call it on the main thread.
 */
export function spawnQemu(
  program: HostProgram,
  argv: readonly string[],
  consoleFd: number,
  files: readonly number[],
  onComplaint: (line: string) => void,
): QemuProcess {
  const wrapper = ['--pdeathsig', 'KILL', '--', 'sh', '-c', UNLESS_ORPHANED, String(process.pid)];
  const child: ChildProcess = spawn('setpriv', [...wrapper, program.file, ...program.args, ...argv], {
    detached: true,
    env: { ...process.env, ...program.env },
    stdio: ['ignore', 'ignore', 'pipe', 'pipe', consoleFd, ...files],
  });

  const complaints: string[] = [];
  const lines = new LineSplitter(
    (line) => {
      complaints.push(line);
      if (complaints.length > KEPT_LINES) complaints.shift();
      onComplaint(line);
    },
    { longest: LONGEST_LINE },
  );
  child.stderr?.on('data', (chunk: Buffer) => lines.push(chunk));
  child.stderr?.on('close', () => lines.end());

  const exited = new Promise<Exit>((resolve) => {
    child.on('error', (error) => {
      if (child.pid === undefined) resolve({ how: error.message });
    });
    child.on('close', (code, signal) => resolve({ how: signal ? `signal ${signal}` : `exit code ${code}` }));
  });

  return {
    pid: child.pid,
    qmp: child.stdio[FD.qmp] as Duplex,
    exited,
    complaints: () => [...complaints],
    lastWords: () => complaints.findLast((line) => !line.includes('warning:')),
    kill: () => child.kill('SIGKILL'),
  };
}
