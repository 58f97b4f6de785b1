/** A command in a guest that is connected to the caller's streams, with or without a terminal. */
import { constants } from 'node:os';
import { type Readable, Transform, type Writable } from 'node:stream';
import type { ExecOptions as ChannelOptions, Client, ClientChannel } from 'ssh2';
import { onAbort } from '../model/index.js';

export interface TerminalSize {
  rows: number;
  columns: number;
}

export interface Streams {
  stdin: Readable;
  stdout: Writable;
  stderr: Writable;
  /** Gives the command a terminal, which merges `stderr` into `stdout`. Without it, there are three plain streams. */
  terminal?: {
    /** The value of $TERM. */
    kind: string;
    size(): TerminalSize;
    /** Calls back at each change of size, until the returned function is called. */
    onResize(changed: () => void): () => void;
  };
}

/** The user typed `~.` to leave a guest that does not answer. */
export class Detached extends Error {
  override name = 'Detached';
}

/** Resolves with the exit code, or 128 + n if signal n ended the command. Rejects with Detached, or if SSH breaks. */
export function attach(client: Client, command: string, streams: Streams, over: AbortSignal): Promise<number> {
  const { terminal } = streams;
  const options: ChannelOptions = terminal
    ? { pty: { term: terminal.kind, rows: terminal.size().rows, cols: terminal.size().columns } }
    : {};
  return new Promise((resolve, reject) => {
    client.exec(command, options, (error, channel) => {
      if (error) return reject(error);
      onAbort(over, () => channel.close());
      join(channel, streams).then(resolve, reject);
    });
  });
}

async function join(channel: ClientChannel, { stdin, stdout, stderr, terminal }: Streams): Promise<number> {
  let stopResizing = (): void => {};
  const input = terminal ? stdin.pipe(new Escape()) : stdin;
  try {
    return await new Promise<number>((resolve, reject) => {
      let code: number | undefined;
      channel.on('exit', (status: number | null, signal?: NodeJS.Signals) => {
        code = status ?? 128 + (signal ? (constants.signals[`SIG${signal}` as NodeJS.Signals] ?? 0) : 0);
      });
      channel.on('close', () => {
        if (code === undefined) reject(new Error('it ended without an exit code'));
        else resolve(code);
      });
      input.on('error', reject);
      // The program may end before it has read all of its input.
      channel.on('error', () => {});
      channel.pipe(stdout, { end: false });
      channel.stderr.pipe(stderr, { end: false });
      input.pipe(channel);
      if (terminal === undefined) return;
      stopResizing = terminal.onResize(() => {
        const { rows, columns } = terminal.size();
        channel.setWindow(rows, columns, 0, 0);
      });
    });
  } finally {
    stopResizing();
    stdin.unpipe();
    input.unpipe();
  }
}

const [TILDE, DOT, RETURN, NEWLINE] = [0x7e, 0x2e, 0x0d, 0x0a];

/**
 * Ctrl-C goes to the guest, so a user needs another way out of a guest that hangs: `~.` at the beginning of a line, as
 * in ssh.
 */
export class Escape extends Transform {
  #state: 'line-start' | 'tilde' | 'within' = 'line-start';

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: (error: Error | null, data?: Buffer) => void) {
    const out: number[] = [];
    for (const byte of chunk) {
      if (this.#state === 'tilde' && byte === DOT) return done(new Detached('let go by ~.'));
      // As in ssh, `~~` sends one tilde.
      if (this.#state === 'tilde' && byte !== TILDE) out.push(TILDE);
      if (this.#state === 'line-start' && byte === TILDE) {
        this.#state = 'tilde';
        continue;
      }
      out.push(byte);
      this.#state = byte === RETURN || byte === NEWLINE ? 'line-start' : 'within';
    }
    done(null, Buffer.from(out));
  }
}
