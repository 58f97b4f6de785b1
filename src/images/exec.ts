import { execa, type Options } from 'execa';
import { InfraError, LineSplitter, onAbort } from '../model/index.js';

export interface RunOptions {
  signal: AbortSignal;
  cwd?: string;
  env?: Record<string, string>;
  /**
   * Called for each line of standard output and standard error as it arrives. If it returns `stop`, the program is
   * ended and counts as failed.
   */
  onLine?: (line: string) => 'stop' | undefined;
}

export interface RunResult {
  ok: boolean;
  stdout: string;
  /** Both streams in the order of arrival. */
  all: string;
}

/** unshare(1) prints this as well if there are too many namespaces. */
const FULL = /^(?!unshare:).*(No space left on device|Disk quota exceeded)/m;

/** setpriv's message if the program does not exist. */
const MISSING = /^setpriv: failed to execute /m;

/**
 * Runs a program to its end. On abort it is killed with everything that it started, and it dies when we die
 * (PDEATHSIG). It has a process group of its own, so that Ctrl-C in a terminal reaches only us. A full disk is NoSpace;
 * the caller judges any other failure.
 */
export async function run(file: string, args: readonly string[], options: RunOptions): Promise<RunResult> {
  options.signal.throwIfAborted();
  const settings = {
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    env: { LC_ALL: 'C.UTF-8', ...options.env },
    stdin: 'ignore',
    reject: false,
    all: true,
    detached: true,
    maxBuffer: 64 * 1024 * 1024,
  } satisfies Options;
  const child = execa('setpriv', ['--pdeathsig', 'KILL', '--', file, ...args], settings);
  const kill = (): void => {
    if (child.pid !== undefined) killGroup(child.pid);
  };
  const forget = onAbort(options.signal, kill);
  const { onLine } = options;
  if (onLine) {
    const judge = (line: string): void => {
      if (onLine(line) === 'stop') kill();
    };
    for (const stream of [child.stdout, child.stderr]) eachLine(stream, judge);
  }
  const result = await child;
  forget();
  options.signal.throwIfAborted();
  const all = result.all ?? '';
  if (result.failed && FULL.test(all)) throw new NoSpace();
  if (result.code === 'ENOENT' || (result.failed && !file.includes('/') && MISSING.test(all)))
    throw new InfraError(`cannot start ${file}`, all || result.message);
  return { ok: !result.failed, stdout: result.stdout, all };
}

/** Like run(), but a failure throws InfraError with the last lines of output. */
export async function runOrFail(
  file: string,
  args: readonly string[],
  options: RunOptions & { what: string },
): Promise<string> {
  const result = await run(file, args, options);
  if (!result.ok) throw new InfraError(`${options.what} failed: ${lastLine(result.all)}`, tail(result.all));
  return result.stdout;
}

/** A program or the file system reports a full disk. The cache turns it into a message for a person. */
export class NoSpace extends Error {
  static is(error: unknown): boolean {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    return error instanceof NoSpace || code === 'ENOSPC' || code === 'EDQUOT';
  }
}

export function tail(text: string, lines = 30): string {
  return text.trimEnd().split('\n').slice(-lines).join('\n');
}

function lastLine(text: string): string {
  return text.trimEnd().split('\n').at(-1) || 'no output';
}

function eachLine(stream: NodeJS.ReadableStream, onLine: (line: string) => void): void {
  const lines = new LineSplitter((line) => onLine(line));
  stream.on('data', (chunk: Buffer | string) => lines.push(Buffer.from(chunk as string)));
  stream.on('end', () => lines.end());
}

function killGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // It has already ended.
  }
}
