/** A shell in the guest that has loaded guest/lab/lab and runs one command after the other. */
import { randomBytes } from 'node:crypto';
import type { Client, ClientChannel } from 'ssh2';
import { onAbort } from '../model/index.js';
import type { ExecResult } from './session.js';

/**
 * Starting a process for each command and reading that file again would take an emulated guest longer than most
 * commands do. One command at a time, one line, no input. Giving up on a command loses the shell.
 */
export class LabShell {
  readonly #channel: ClientChannel;
  readonly #stdout: Output;
  readonly #stderr: Output;
  readonly #most: number;
  #settle: { resolve(result: ExecResult): void; reject(error: Error): void } | undefined;
  #closed = false;

  private constructor(channel: ClientChannel, word: string, most: number) {
    this.#channel = channel;
    this.#most = most;
    this.#stdout = new Output(word);
    this.#stderr = new Output(word);
    channel.on('data', (chunk: Buffer) => this.#hear(this.#stdout, chunk));
    channel.stderr.on('data', (chunk: Buffer) => this.#hear(this.#stderr, chunk));
    channel.on('close', () => this.#end('the shell in the guest has ended'));
  }

  /** `most`: the output limit of a command in bytes. Undefined if the guest's image is older and has no such shell. */
  static open(client: Client, most: number): Promise<LabShell | undefined> {
    const word = randomBytes(16).toString('hex');
    return new Promise((resolve, reject) => {
      client.exec(`exec lab serve ${word}`, (error, channel) => {
        if (error) return reject(error);
        const shell = new LabShell(channel, word, most);
        shell.#answer().then(
          () => resolve(shell),
          () => resolve(undefined),
        );
      });
    });
  }

  get closed(): boolean {
    return this.#closed;
  }

  get free(): boolean {
    return !this.#closed && this.#settle === undefined;
  }

  async run(command: string, over: AbortSignal): Promise<ExecResult> {
    over.throwIfAborted();
    const forget = onAbort(over, () => this.#end('given up'));
    try {
      // Late output of the command before, from a process that it left behind.
      this.#stdout.flush();
      this.#stderr.flush();
      const answer = this.#answer();
      this.#channel.write(`${command}\n`);
      return await answer;
    } finally {
      forget();
    }
  }

  #answer(): Promise<ExecResult> {
    return new Promise((resolve, reject) => {
      this.#settle = { resolve, reject };
    });
  }

  #hear(stream: Output, chunk: Buffer): void {
    stream.take(chunk);
    if (this.#stdout.bytes + this.#stderr.bytes > this.#most) this.#end(`it wrote more than ${this.#most >> 20} MiB`);
    const { code } = this.#stdout;
    if (code === undefined || this.#stderr.code === undefined) return;
    const result = { code, stdout: this.#stdout.flush(), stderr: this.#stderr.flush() };
    const settle = this.#settle;
    this.#settle = undefined;
    settle?.resolve(result);
  }

  #end(why: string): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#settle?.reject(new Error(why));
    this.#channel.close();
  }
}

/** The output on one stream since the last command ended. */
class Output {
  readonly #end: RegExp;
  #parts: Buffer[] = [];
  #last = '';
  bytes = 0;
  /** Set once the command has ended. */
  code: number | undefined;

  constructor(word: string) {
    this.#end = new RegExp(`${word} (\\d+)\\n`);
  }

  take(chunk: Buffer): void {
    this.#parts.push(chunk);
    this.bytes += chunk.length;
    const text = this.#last + chunk.toString('latin1');
    const code = this.#end.exec(text)?.[1];
    if (code !== undefined) this.code ??= Number(code);
    // As many characters as the end mark can have.
    this.#last = text.slice(-64);
  }

  /** The output up to the end mark. */
  flush(): string {
    const [text = ''] = Buffer.concat(this.#parts).toString().split(this.#end, 1);
    this.#parts = [];
    this.#last = '';
    this.bytes = 0;
    this.code = undefined;
    return text;
  }
}
