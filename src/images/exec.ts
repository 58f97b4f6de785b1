import { execa, type Options } from 'execa';
import { InfraError, LineSplitter, onAbort } from '../model/index.js';

export interface RunOptions {
  signal: AbortSignal;
  cwd?: string;
  env?: Record<string, string>;
  /** Called with each line of standard output or standard error as it comes; `stop` ends the program, which then has failed. */
  onLine?: (line: string) => 'stop' | undefined;
}

export interface RunResult {
  ok: boolean;
  stdout: string;
  /** Both streams as they came, for evidence. */
  all: string;
}

/** unshare(1) says it too, when there may be no more namespaces. */
const FULL = /^(?!unshare:).*(No space left on device|Disk quota exceeded)/m;

/** What starts it for us finds no such program. */
const MISSING = /^setpriv: failed to execute /m;

/**
 * Runs one program to its end. It dies with us, whatever ends us (PDEATHSIG), and with all that it started on abort: it has
 * a process group of its own, which also keeps a terminal's Ctrl-C to the one who decides what it means.
 * A full disk is NoSpace wherever it strikes; any other failure is the caller's to judge.
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

/** As run(), but a failure is an InfraError with the last lines as evidence. */
export async function runOrFail(
  file: string,
  args: readonly string[],
  options: RunOptions & { what: string },
): Promise<string> {
  const result = await run(file, args, options);
  if (!result.ok) throw new InfraError(`${options.what} failed: ${lastLine(result.all)}`, tail(result.all));
  return result.stdout;
}

/** The disk is full, says a program that we run or the file system. The cache makes a message for a person of it. */
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
    // It has ended by itself.
  }
}
