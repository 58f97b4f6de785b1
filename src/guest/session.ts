/** Commands in a guest, over SSH. */
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { constants } from 'node:os';
import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { Client, ClientChannel } from 'ssh2';
import { z } from 'zod';
import type { Pace } from '../host/index.js';
import { describe, GuestDied, InfraError, LineSplitter, onAbort } from '../model/index.js';
import { LabShell } from './lab-shell.js';
import { whileAlive } from './race.js';
import { tarArchive } from './tar.js';
import { attach, Detached, type Streams } from './terminal.js';

export interface ExecOptions {
  deadlineMs: number;
  signal: AbortSignal;
  stdin?: string | Uint8Array;
  /** Sees standard output's lines as they come. */
  onLine?(line: string): void;
  /** Bytes of output. A command that writes more is cut off: it can write no more, and the result says so. Without it, that is an error. */
  mostOutput?: number;
}

export interface ExecResult {
  /** Exit code; a shell's 128 + n if a signal ended the command. */
  code: number;
  stdout: string;
  stderr: string;
  /** It wrote more than `mostOutput`; `code` means nothing then. */
  cut?: true;
}

export interface PushedFile {
  /** Absolute path in the guest; directories above it are made. */
  path: string;
  mode: number;
  source: { data: string | Uint8Array } | { file: string };
}

/** More than this from one command is a mistake; it would only fill our memory. */
const MOST_OUTPUT = 64 << 20;
const PUSH_MS = 60_000;

const compress = promisify(gzip);

export class Session implements AsyncDisposable {
  readonly #client: Client;
  readonly #guest: { died: Promise<GuestDied>; pace: Pace };
  readonly #lost: Promise<void>;
  #shell: Promise<LabShell | undefined> | undefined;

  constructor(client: Client, { died, pace }: { died: Promise<GuestDied>; pace: Pace }) {
    this.#client = client;
    this.#guest = { died, pace };
    client.on('error', () => {}); // 'close' follows
    this.#lost = new Promise((resolve) => client.on('close', () => resolve()));
  }

  /**
   * Runs a shell command, which sees nothing of what those before it have left; its exit code is a result, not an error. A step of lab is a
   * function there: one that fails ends the line. Fails with GuestDied when the guest ends, or as a `hang` when the command has not ended by its deadline, unless that is the host's fault (InfraError); with the signal's reason on abort; with
   * InfraError when SSH breaks down.
   */
  async exec(command: string, options: ExecOptions): Promise<ExecResult> {
    const { deadlineMs, signal } = options;
    const late = (within: string) => new GuestDied('hang', `'${shorten(command)}' did not end within ${within}`);
    return whileAlive({ ...this.#guest, signal, deadlineMs, late }, async (over) => {
      try {
        return await Promise.race([this.#run(command, options, over), this.#connectionLost()]);
      } catch (error) {
        throw new InfraError(`SSH: '${shorten(command)}': ${describe(error)}`, undefined, { cause: error });
      }
    });
  }

  /**
   * Runs a command that writes one JSON value a line, each parsed by the schema. A line that does not parse, or an exit code other than
   * 0, is an InfraError that shows the line or the command's last words.
   */
  async execLines<T>(command: string, schema: z.ZodType<T>, options: ExecOptions): Promise<T[]> {
    const { code, stdout, stderr } = await this.exec(command, options);
    const lines = stdout.split('\n').filter((line) => line.trim() !== '');
    if (code !== 0)
      throw new InfraError(
        `'${shorten(command)}' ended with code ${code}: ${lastWords(stderr, stdout)}`,
        stdout + stderr,
      );
    return lines.map((line) => parseLine(line, schema, command));
  }

  /**
   * Runs a shell command joined to the caller's streams, for as long as it takes; returns its exit code. Fails as exec() does, and with
   * Detached when the user left it by `~.`.
   */
  async attach(command: string, streams: Streams, { signal }: { signal: AbortSignal }): Promise<number> {
    return whileAlive({ ...this.#guest, signal }, async (over) => {
      try {
        return await Promise.race([attach(this.#client, command, streams, over), this.#connectionLost()]);
      } catch (error) {
        if (error instanceof Detached) throw error;
        throw new InfraError(`SSH: '${shorten(command)}': ${describe(error)}`, undefined, { cause: error });
      }
    });
  }

  /** Puts files into the guest. */
  async push(files: readonly PushedFile[], { signal }: { signal: AbortSignal }): Promise<void> {
    const contents = await Promise.all(
      files.map(async ({ path, mode, source }) => ({
        path,
        mode,
        data: 'file' in source ? await readFile(source.file, { signal }) : source.data,
      })),
    );
    // What an emulated guest need not decrypt is more than what it takes to unpack.
    const stdin = await compress(tarArchive(contents));
    const { code, stderr } = await this.exec('tar -x -z -f - -C /', { deadlineMs: PUSH_MS, signal, stdin });
    if (code !== 0) throw new InfraError(`the guest did not take the files: ${lastWords(stderr)}`, stderr);
  }

  async close(): Promise<void> {
    this.#client.end();
    await Promise.race([this.#lost, sleep(200, undefined, { ref: false })]);
    this.#client.destroy();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #run(command: string, options: ExecOptions, over: AbortSignal): Promise<ExecResult> {
    if (options.stdin === undefined && options.onLine === undefined && !command.includes('\n')) {
      this.#shell ??= LabShell.open(this.#client, MOST_OUTPUT).catch((error) => {
        this.#shell = undefined;
        throw error;
      });
      const shell = await this.#shell;
      // Whoever asked may have given up by now.
      over.throwIfAborted();
      // The next command gets another.
      if (shell?.closed) this.#shell = undefined;
      if (shell?.free) return shell.run(command, over);
    }
    return this.#alone(command, options, over);
  }

  /** In a process of its own. Resolves when the channel is closed. */
  #alone(command: string, { stdin, onLine, mostOutput }: ExecOptions, over: AbortSignal): Promise<ExecResult> {
    return new Promise((resolve, reject) => {
      this.#client.exec(command, (error, channel) => {
        if (error) return reject(error);
        onAbort(over, () => channel.close());
        // In this very call: all that a short command has to say may be in the packet that started it.
        collect(channel, onLine, mostOutput).then(resolve, reject);
        channel.end(stdin);
      });
    });
  }

  async #connectionLost(): Promise<never> {
    await this.#lost;
    throw new Error('the SSH connection was lost');
  }
}

async function collect(
  channel: ClientChannel,
  onLine: ExecOptions['onLine'],
  cutAt: number | undefined,
): Promise<ExecResult> {
  const most = cutAt ?? MOST_OUTPUT;
  let size = 0;
  let code: number | undefined;
  let overflow = false;
  // The other end keeps a channel open for as long as the command runs, whoever has closed it here.
  const full = new AbortController();
  const gather = (stream: Readable): Buffer[] => {
    const parts: Buffer[] = [];
    stream.on('data', (chunk: Buffer) => {
      size += chunk.length;
      overflow = size > most;
      if (!overflow) parts.push(chunk);
      else {
        channel.destroy();
        full.abort();
      }
    });
    return parts;
  };
  const [stdout, stderr] = [gather(channel), gather(channel.stderr)];
  const lines = onLine && new LineSplitter((line) => onLine(line));
  if (lines)
    channel.on('data', (chunk: Buffer) => {
      // Some may still come from a command that is cut off.
      if (!overflow) lines.push(chunk);
    });
  channel.on('exit', (...[status, signal]: [number | null, string?]) => {
    code = status ?? 128 + (constants.signals[signal as NodeJS.Signals] ?? 0);
  });
  await once(channel, 'close', { signal: full.signal }).catch((error: unknown) => {
    if (!full.signal.aborted) throw error;
  });
  lines?.end();
  if (overflow && cutAt === undefined) throw new Error(`it wrote more than ${MOST_OUTPUT >> 20} MiB`);
  if (code === undefined && !overflow) throw new Error('it ended without an exit code');
  return {
    code: code ?? -1,
    ...(overflow ? { cut: true as const } : {}),
    stdout: Buffer.concat(stdout).toString(),
    stderr: Buffer.concat(stderr).toString(),
  };
}

function parseLine<T>(line: string, schema: z.ZodType<T>, command: string): T {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    throw new InfraError(`'${shorten(command)}' wrote a line that is not JSON: ${shorten(line)}`, line);
  }
  const parsed = schema.safeParse(value);
  if (!parsed.success)
    throw new InfraError(
      `'${shorten(command)}' wrote an unexpected line: ${shorten(line)} (${z.prettifyError(parsed.error)})`,
      line,
    );
  return parsed.data;
}

function lastWords(...outputs: string[]): string {
  for (const output of outputs) {
    const line = output.trim().split('\n').at(-1);
    if (line) return line;
  }
  return 'it said nothing';
}

function shorten(text: string): string {
  const line = text.replaceAll(/\s+/g, ' ').trim();
  return line.length > 100 ? `${line.slice(0, 97)}...` : line;
}
