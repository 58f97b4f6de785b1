/** The QEMU process: its descriptors, its error output, and making sure that it dies with us. */
import { type ChildProcess, spawn } from 'node:child_process';
import type { Duplex } from 'node:stream';
import { type HostProgram, LineSplitter } from '../model/index.js';

const KEPT_LINES = 40;
const LONGEST_LINE = 8192;

/** Descriptors in QEMU: monitor (a socket), console (a pipe), then the files. */
export const FD = { qmp: 3, console: 4, files: 5 } as const;

export interface Exit {
  /** For a person: `exit code 1`, `signal SIGKILL`, or why it could not be started. */
  how: string;
}

export interface QemuProcess {
  pid: number | undefined;
  qmp: Duplex;
  /** Resolves when the process has ended and all its output has been read. */
  exited: Promise<Exit>;
  /** The last lines of standard error. */
  complaints(): string[];
  /** The last of them that is not a warning. */
  lastWords(): string | undefined;
  kill(): void;
}

/**
 * A shell runs this with our process id as $0. If we died before the death signal was set, the signal would never come.
 */
const UNLESS_ORPHANED = '[ "$PPID" = "$0" ] && exec "$@"';

/**
 * Starts QEMU in its own session, so that Ctrl-C in a terminal reaches only us, and with a parent death signal, so that
 * it dies when we die. `setpriv` (util-linux) sets the signal, which survives exec. The kernel sends it when the thread
 * that called this ends, so call it on the main thread.
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
