import { StringDecoder } from 'node:string_decoder';

/** The most characters kept of a line. Its writer may never end it. */
const LONGEST = 1 << 20;

export interface LineOptions {
  /** The most characters kept of a line. A longer line ends with a note of how many are missing. */
  longest?: number;
  encoding?: BufferEncoding;
}

/** `length`: the characters of the whole line before it was cut, without `\n`. */
type OnLine = (line: string, length: number) => void;

/**
 * Splits a stream into lines without their line ends; `end` emits an unfinished last line. Text that was scanned is not scanned again when more
 * arrives, so a line in many pieces costs no more than one in few.
 */
export class LineSplitter {
  readonly #decoder: StringDecoder;
  readonly #longest: number;
  readonly #onLine: OnLine;
  #line = '';
  #length = 0;

  constructor(onLine: OnLine, { longest = LONGEST, encoding = 'utf8' }: LineOptions = {}) {
    this.#onLine = onLine;
    this.#longest = longest;
    this.#decoder = new StringDecoder(encoding);
  }

  push(chunk: Buffer): void {
    const text = this.#decoder.write(chunk);
    let from = 0;
    for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', from)) {
      this.#keep(text.slice(from, end));
      this.#give();
      from = end + 1;
    }
    this.#keep(text.slice(from));
  }

  end(): void {
    this.#keep(this.#decoder.end());
    if (this.#length > 0) this.#give();
  }

  #keep(text: string): void {
    this.#length += text.length;
    const room = this.#longest - this.#line.length;
    if (room > 0) this.#line += text.slice(0, room);
  }

  #give(): void {
    const [line, length] = [this.#line, this.#length];
    this.#line = '';
    this.#length = 0;
    const cut = length - line.length;
    this.#onLine(cut > 0 ? `${line} ... (${cut} characters more)` : withoutReturns(line), length);
  }
}

function withoutReturns(line: string): string {
  let end = line.length;
  while (line[end - 1] === '\r') end--;
  return line.slice(0, end);
}
