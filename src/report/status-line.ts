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
    this.#stream.write(`\r\x1b[K${text.slice(0, width)}`);
    this.#text = text;
  }

  /** Print a line that stays, above the status. */
  print(line: string): void {
    const text = this.#text;
    this.clear();
    this.#stream.write(`${line}\n`);
    if (text !== '') this.show(text);
  }

  clear(): void {
    if (this.#text !== '') this.#stream.write('\r\x1b[K');
    this.#text = '';
  }
}
