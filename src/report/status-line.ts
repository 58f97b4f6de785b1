import { overwrite, print } from '../terminal/index.js';

/**
 * One line at the bottom of a terminal that says what is going on now. On anything that is not a terminal it is nothing.
 */
export class StatusLine {
  readonly #stream: NodeJS.WriteStream;
  #text = '';

  constructor(stream: NodeJS.WriteStream) {
    this.#stream = stream;
  }

  get live(): boolean {
    return this.#stream.isTTY === true;
  }

  show(text: string): void {
    if (!this.live || text === this.#text) return;
    const width = Math.max(20, (this.#stream.columns ?? 80) - 1);
    overwrite(this.#stream, text.slice(0, width));
    this.#text = text;
  }

  /** Print a line that stays, above the status. */
  print(line: string): void {
    const text = this.#text;
    this.clear();
    print(this.#stream, line);
    if (text !== '') this.show(text);
  }

  clear(): void {
    if (this.#text !== '') overwrite(this.#stream, '');
    this.#text = '';
  }
}
