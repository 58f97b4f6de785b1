import { oneLine } from '../model/index.js';
import { columnsOf, overwrite, print, wrapped } from '../terminal/index.js';

/** In a file or pipe, where no line can change, the status is printed after this much silence. */
const SILENCE_MS = 10_000;
const REDRAW_MS = 1_000;

type Text = string | (() => string);

/**
 * The status: one line at the bottom of a terminal, kept up to date. In a file or a pipe it is printed now and then, so that a log shows
 * that the run is alive.
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

  /** The width for a line. It changes with the terminal's. */
  get width(): number {
    return columnsOf(this.#stream);
  }

  /** The overall progress, shown first. */
  lead(text: Text | undefined): void {
    this.#lead = text;
    this.#changed();
  }

  /** Sets or, with `undefined`, removes one of the current activities. */
  now(key: string, what: Text | undefined): void {
    if (what === undefined) this.#doing.delete(key);
    else this.#doing.set(key, what);
    this.#changed();
  }

  /** Prints a permanent line above the status. */
  print(line: string): void {
    this.#erase();
    print(this.#stream, line);
    this.#said = performance.now();
    this.#draw();
  }

  /** Prints permanent text, wrapped to the width. */
  say(text: string, paint: (line: string) => string = (line) => line): void {
    for (const line of wrapped(text, this.width)) this.print(paint(line));
  }

  /** Removes all activities. */
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
    // The last column stays free: some terminals wrap as soon as it is used.
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

/** The fewest characters of an activity that are worth showing. */
const LEAST = 12;

/**
 * The status in one line. Activities are dropped from the end, and counted, until the rest fits. The last one left loses its beginning,
 * because its end says what is happening.
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
