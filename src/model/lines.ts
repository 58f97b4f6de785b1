import { StringDecoder } from 'node:string_decoder';

/** Who writes may never end a line; we read it, and keep so much of it. */
const LONGEST = 1 << 20;

export interface LineOptions {
  /** Characters of a line that are kept; how many were not is said at its end. */
  longest?: number;
  encoding?: BufferEncoding;
}

/** `length`: of the line as it was written, with what is cut from it, in characters; without its `\n`. */
type OnLine = (line: string, length: number) => void;

/**
 * Bytes in, whole lines out, without their line ends; `end` gives what is left. All who split a stream split it by this: what has come is
 * never looked at again when more comes, so that a line of many pieces costs no more than one of few.
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
