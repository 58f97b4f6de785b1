import { oneLine } from '../model/index.js';
import { columnsOf, overwrite, print, wrapped } from '../terminal/index.js';

/** Where nobody sees a line change, what goes on is said in a line of its own, after so much silence. */
const SILENCE_MS = 10_000;
const REDRAW_MS = 1_000;

type Text = string | (() => string);

/**
 * What is going on now: one line at the bottom of a terminal, kept up to date; in a file or a pipe a plain line now and then, so that a
 * log does not look dead.
 */
export class StatusLine implements Disposable {
  readonly #stream: NodeJS.WriteStream;
  readonly #doing = new Map<string, Text>();
  #lead: Text | undefined;
  #drawn = '';
  #said = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(stream: NodeJS.WriteStream) {
    this.#stream = stream;
  }

  /** Columns there are for a line. It changes when the terminal does. */
  get width(): number {
    return columnsOf(this.#stream);
  }

  /** How far the whole has come: stands first. */
  lead(text: Text | undefined): void {
    this.#lead = text;
    this.#changed();
  }

  /** One of the things that go on; `undefined`: it does no more. */
  now(key: string, what: Text | undefined): void {
    if (what === undefined) this.#doing.delete(key);
    else this.#doing.set(key, what);
    this.#changed();
  }

  /** Print a line that stays, above the status. */
  print(line: string): void {
    this.#erase();
    print(this.#stream, line);
    this.#said = performance.now();
    this.#draw();
  }

  /** Print a text that stays, its words in lines that fit. */
  say(text: string, paint: (line: string) => string = (line) => line): void {
    for (const line of wrapped(text, this.width)) this.print(paint(line));
  }

  /** Nothing goes on any more. */
  clear(): void {
    this.#doing.clear();
    this.#lead = undefined;
    this.#changed();
  }

  [Symbol.dispose](): void {
    this.clear();
  }

  #changed(): void {
    const idle = this.#lead === undefined && this.#doing.size === 0;
    if (idle) {
      clearInterval(this.#timer);
      this.#timer = undefined;
    } else if (this.#timer === undefined) {
      this.#said = performance.now();
      this.#timer = setInterval(() => this.#tick(), REDRAW_MS).unref();
    }
    this.#draw();
  }

  #tick(): void {
    this.#draw();
    if (this.#stream.isTTY === true || performance.now() - this.#said < SILENCE_MS) return;
    const text = this.#text(Number.POSITIVE_INFINITY);
    if (text !== '') print(this.#stream, text);
    this.#said = performance.now();
  }

  #draw(): void {
    if (this.#stream.isTTY !== true) return;
    // The last column stays free: some terminals begin a line once it is used.
    const text = this.#text(this.width - 1);
    if (text !== this.#drawn) overwrite(this.#stream, text);
    this.#drawn = text;
  }

  #erase(): void {
    if (this.#drawn !== '') overwrite(this.#stream, '');
    this.#drawn = '';
  }

  #text(width: number): string {
    const text = (one: Text) => oneLine(typeof one === 'string' ? one : one());
    return statusText(this.#lead && text(this.#lead), [...this.#doing.values()].map(text), width);
  }
}

/** Of what goes on; less says nothing. */
const LEAST = 12;

/**
 * In one line. What goes on is left out from the end, and counted, until the rest fits; the last that is left loses its beginning, since it
 * ends with what happens there.
 */
export function statusText(lead: string | undefined, doing: readonly string[], width: number): string {
  const line = (shown: readonly string[]) => {
    const left = doing.length - shown.length;
    return [...(lead === undefined ? [] : [lead]), ...shown, ...(left > 0 ? [`+${left}`] : [])].join(' | ');
  };
  for (let count = doing.length; count > 0; count--) {
    const text = line(doing.slice(0, count));
    if (text.length <= width) return text;
  }
  const [first] = doing;
  if (first === undefined) return line([]).slice(0, width);
  const room = width - (line([first]).length - first.length);
  return line(room < LEAST ? [] : [`…${first.slice(1 - room)}`]).slice(0, width);
}
