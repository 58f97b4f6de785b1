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
import { GuestDied, InfraError, LineSplitter, messageOf, onAbort } from '../model/index.js';
import { LabShell } from './lab-shell.js';
import { whileAlive } from './race.js';
import { tarArchive } from './tar.js';
import { attach, Detached, type Streams } from './terminal.js';

export interface ExecOptions {
  deadlineMs: number;
  signal: AbortSignal;
  stdin?: string | Uint8Array;
  /** Gets each line of standard output as it arrives. */
  onLine?(line: string): void;
  /**
   * Output limit in bytes. A command that writes more is cut off, and the result says so. Without a limit, too much
   * output is an error.
   */
  mostOutput?: number;
}

export interface ExecResult {
  /** Exit code, or 128 + n if signal n ended the command. */
  code: number;
  stdout: string;
  stderr: string;
  /** It wrote more than `mostOutput`; ignore `code`. */
  cut?: true;
}

export interface PushedFile {
  /** Absolute path in the guest. Missing directories are created. */
  path: string;
  mode: number;
  source: { data: string | Uint8Array } | { file: string };
}

/** More output than this is a mistake, and would only fill our memory. */
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
   * Runs a shell command in a fresh environment. The exit code is a result, not an error. A step of lab is a shell
   * function in it; if one fails, the line ends.
   * Throws GuestDied if the guest ends, or with `hang` if the deadline passes; InfraError if SSH breaks or the host
   * stalled the guest; the signal's reason on abort.
   */
  async exec(command: string, options: ExecOptions): Promise<ExecResult> {
    const { deadlineMs, signal } = options;
    const late = (within: string) => new GuestDied('hang', `'${shorten(command)}' did not end within ${within}`);
    return whileAlive({ ...this.#guest, signal, deadlineMs, late }, async (over) => {
      try {
        return await Promise.race([this.#run(command, options, over), this.#connectionLost()]);
      } catch (error) {
        throw new InfraError(`SSH: '${shorten(command)}': ${messageOf(error)}`, undefined, { cause: error });
      }
    });
  }

  /**
   * Runs a command that prints one JSON value per line, and parses each with the schema. Throws InfraError with the
   * line or the command's last message if a line does not parse or the exit code is not 0.
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
   * Runs a shell command connected to the caller's streams, without a time limit; returns its exit code. Throws what
   * exec() throws, and Detached if the user left by `~.`.
   */
  async attach(command: string, streams: Streams, { signal }: { signal: AbortSignal }): Promise<number> {
    return whileAlive({ ...this.#guest, signal }, async (over) => {
      try {
        return await Promise.race([attach(this.#client, command, streams, over), this.#connectionLost()]);
      } catch (error) {
        if (error instanceof Detached) throw error;
        throw new InfraError(`SSH: '${shorten(command)}': ${messageOf(error)}`, undefined, { cause: error });
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
    // Encryption costs an emulated guest more than unpacking.
    const stdin = await compress(tarArchive(contents));
    const { code, stderr } = await this.exec('tar -x -z -f - -C /', { deadlineMs: PUSH_MS, signal, stdin });
    if (code !== 0) throw new InfraError(`copying files into the guest failed: ${lastWords(stderr)}`, stderr);
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
      // The caller may have given up by now.
      over.throwIfAborted();
      // The next command gets a new shell.
      if (shell?.closed) this.#shell = undefined;
      if (shell?.free) return shell.run(command, over);
    }
    return this.#alone(command, options, over);
  }

  /** Runs it in its own process. Resolves when the channel is closed. */
  #alone(command: string, { stdin, onLine, mostOutput }: ExecOptions, over: AbortSignal): Promise<ExecResult> {
    return new Promise((resolve, reject) => {
      this.#client.exec(command, (error, channel) => {
        if (error) return reject(error);
        onAbort(over, () => channel.close());
        // Attach listeners right here: the packet that starts a short command may also bring all its output.
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
  // Closing our end does not stop the command; the channel stays open until it ends.
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
      // Data may still arrive after the cut.
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
  return 'no output';
}

function shorten(text: string): string {
  const line = text.replaceAll(/\s+/g, ' ').trim();
  return line.length > 100 ? `${line.slice(0, 97)}...` : line;
}
