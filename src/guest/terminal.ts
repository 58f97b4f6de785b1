/** A command in a guest that is joined to the caller's own streams, with a terminal or without. */
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
  /** The guest's command gets a terminal of this kind, and `stderr` stays silent; without it, three plain streams. */
  terminal?: {
    /** As $TERM has it. */
    kind: string;
    size(): TerminalSize;
    /** Calls back at each change; returns what ends that. */
    onResize(changed: () => void): () => void;
  };
}

/** What the user typed to get out of a terminal whose guest does not answer. */
export class Detached extends Error {
  override name = 'Detached';
}

/** Resolves with the command's exit code, a shell's 128 + n if a signal ended it. Rejects with Detached, or when SSH breaks down. */
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
      // The guest's program may end before it has read all that there is.
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

/** Ctrl-C belongs to the guest, so there has to be another way out of one that hangs: `~.` at the beginning of a line, as ssh has it. */
export class Escape extends Transform {
  #state: 'line-start' | 'tilde' | 'within' = 'line-start';

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: (error: Error | null, data?: Buffer) => void) {
    const out: number[] = [];
    for (const byte of chunk) {
      if (this.#state === 'tilde' && byte === DOT) return done(new Detached('let go by ~.'));
      // A second tilde stands for one, as with ssh.
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
