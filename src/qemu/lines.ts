import { StringDecoder } from 'node:string_decoder';

/** A guest may write without ever ending its line. */
const LONGEST_LINE = 1 << 20;

/** Bytes in, whole lines out, without their line ends; `end` gives what is left. */
export class LineSplitter {
  readonly #decoder = new StringDecoder('utf8');
  readonly #onLine: (line: string) => void;
  #rest = '';

  constructor(onLine: (line: string) => void) {
    this.#onLine = onLine;
  }

  push(chunk: Buffer): void {
    const lines = (this.#rest + this.#decoder.write(chunk)).split('\n');
    this.#rest = lines.pop() ?? '';
    for (const line of lines) this.#onLine(line.replace(/\r+$/, ''));
    if (this.#rest.length > LONGEST_LINE) this.end();
  }

  end(): void {
    const line = this.#rest + this.#decoder.end();
    this.#rest = '';
    if (line !== '') this.#onLine(line);
  }
}
