/** The guest's serial console: line by line for listeners, and as a whole in a file. */

import { once } from 'node:events';
import { createWriteStream, type WriteStream } from 'node:fs';
import type { Readable } from 'node:stream';
import { LineSplitter } from '../model/index.js';

const KEPT_LINES = 400;
/** Lines of the kernel have at most a thousand characters. Longer ones are cut here, but not in the file. */
const LONGEST_LINE = 8192;

export class SerialConsole {
  /** The raw bytes, appended line by line as they arrive. */
  readonly file: string;
  /** Resolves when QEMU has closed the console and the file is complete. */
  readonly ended: Promise<void>;
  /** Resolves with the error if the file cannot be written, for example because the disk is full. */
  readonly broken: Promise<Error>;
  /** Resolves when everything that has arrived so far is in the file. */
  readonly written: () => Promise<void>;
  readonly #listeners = new Set<(line: string) => void>();
  readonly #recent: string[] = [];

  constructor(stream: Readable, file: string) {
    this.file = file;
    const log = createWriteStream(file, { flags: 'a' });
    this.written = () => new Promise((resolve) => log.write('', () => resolve()));
    this.broken = new Promise((resolve) => log.on('error', resolve));
    const lines = new LineSplitter((line) => this.#receive(line), { longest: LONGEST_LINE });
    // QEMU sends a few bytes at a time. Writing each piece separately took a third of our processor time.
    let unwritten: Buffer[] = [];
    const writeOut = () => {
      if (unwritten.length > 0) log.write(Buffer.concat(unwritten));
      unwritten = [];
    };
    stream.on('data', (chunk: Buffer) => {
      unwritten.push(chunk);
      if (chunk.includes(0x0a)) writeOut();
      lines.push(chunk);
    });
    stream.on('error', () => {}); // 'close' follows
    this.ended = once(stream, 'close').then(() => {
      lines.end();
      writeOut();
      return finish(log);
    });
  }

  /** Calls back for each new line, until the returned function is called. */
  onLine(listener: (line: string) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** The last lines, oldest first. */
  tail(count = KEPT_LINES): string[] {
    return this.#recent.slice(-count);
  }

  /**
   * Resolves with the first line that matches, whether it has already arrived or not. Never rejects, so race it against
   * the guest's death.
   */
  line(pattern: RegExp): Promise<string> {
    const seen = this.#recent.find((line) => pattern.test(line));
    if (seen !== undefined) return Promise.resolve(seen);
    return new Promise((resolve) => {
      const stop = this.onLine((line) => {
        if (!pattern.test(line)) return;
        stop();
        resolve(line);
      });
    });
  }

  #receive(raw: string): void {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: the firmware clears the screen with them
    const line = raw.replace(/\x1b\[[0-9;?]*[a-zA-Z]|\x1bc|[\x00-\x08\x0b-\x1f]/g, '');
    this.#recent.push(line);
    if (this.#recent.length > KEPT_LINES) this.#recent.shift();
    for (const listener of [...this.#listeners]) listener(line);
  }
}

async function finish(log: WriteStream): Promise<void> {
  if (log.destroyed) return;
  await new Promise<void>((resolve) => {
    log.once('error', () => resolve());
    log.end(() => resolve());
  });
}
