/**
 * Fits text into the columns of a terminal: takes columns, returns lines. No line is longer, except for a single long
 * word such as a path or an id, which is never broken, so that it can be copied.
 */
import { harmless } from '../model/text.js';
import { widthOf } from './output.js';

/** The width of a stream. Lines in a file or pipe can have any length. */
export function columnsOf(stream: NodeJS.WriteStream): number {
  return stream.isTTY === true ? stream.columns || 80 : Number.POSITIVE_INFINITY;
}

/** Wraps text. All lines but the first are indented by `hang`, by default two more than the first. */
export function wrapped(text: string, width: number, hang = indentOf(text) + 2): string[] {
  return harmless(text)
    .split('\n')
    .flatMap((line) => {
      if (line.length <= width) return [line];
      return filled(line.trim().split(/\s+/), width, { first: ' '.repeat(indentOf(line)), next: ' '.repeat(hang) });
    });
}

/** A command for a person to copy: in one line if it fits, otherwise in several that a shell joins. */
export function commandLines(label: string, command: string, width: number): string[] {
  const whole = `${label} ${command}`;
  if (whole.length <= width) return [whole];
  const lines = filled(command.split(' '), width - 2, { first: '  ', next: '    ' });
  return [label, ...lines.map((line, at) => (at < lines.length - 1 ? `${line} \\` : line))];
}

function filled(words: readonly string[], width: number, indent: { first: string; next: string }): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of words) {
    const longer = line === '' ? indent.first + word : `${line} ${word}`;
    if (line === '' || longer.length <= width) line = longer;
    else {
      lines.push(line);
      line = indent.next + word;
    }
  }
  return [...lines, line];
}

function indentOf(text: string): number {
  return text.length - text.trimStart().length;
}

export type Align = 'left' | 'right';

const GAP = '  ';
/** Text in a narrower column is hard to read. */
const READABLE = 32;

/** A row of columns. The last one wraps; if it would be too narrow, it goes below the others. */
export function flowing(cells: readonly string[], text: string, width: number, below = 4): string[] {
  const head = cells.join(GAP);
  const start = head === '' ? 0 : widthOf(head) + GAP.length;
  if (start + text.length <= width) return [(head === '' ? text : head + GAP + text).trimEnd()];
  if (start + READABLE > width) return [head.trimEnd(), ...wrapped(`${' '.repeat(below)}${text}`, width, below)];
  const [first = '', ...more] = wrapped(text, width - start, 0);
  return [head + GAP + first, ...more.map((line) => ' '.repeat(start) + line)];
}

export interface Part {
  text: string;
  paint?: (text: string) => string;
}

/** As many parts as fit in one line; each of the others in a line of its own below. */
export function joined(parts: readonly Part[], width: number, indent = 4): string[] {
  const lines: string[] = [];
  let used = 0;
  for (const { text, paint = (plain: string) => plain } of parts) {
    const longer = used + GAP.length + text.length;
    if (lines.length > 0 && longer <= width) {
      lines.push(lines.pop() + GAP + paint(text));
      used = longer;
      continue;
    }
    const own = wrapped(`${' '.repeat(lines.length > 0 ? indent : 0)}${text}`, width, indent);
    lines.push(...own.map(paint));
    used = own.at(-1)?.length ?? 0;
  }
  return lines;
}

/** Pads each column to its widest entry. */
export function aligned(rows: readonly (readonly string[])[], align: (column: number) => Align): string[][] {
  const widths: number[] = [];
  for (const row of rows) for (const [at, text] of row.entries()) widths[at] = Math.max(widths[at] ?? 0, text.length);
  return rows.map((row) =>
    row.map((text, at) => (align(at) === 'left' ? text.padEnd(widths[at] ?? 0) : text.padStart(widths[at] ?? 0))),
  );
}

export interface GridOptions {
  /** Width of the terminal. */
  width?: number | undefined;
  /** How many columns identify a row. */
  keys?: number;
  align: (column: number) => Align;
}

/**
 * A table whose first row is its heading. Columns that do not fit go into blocks below, each with the key columns
 * again. If not even one column fits beside the keys, each row becomes a list.
 */
export function grid(
  rows: readonly (readonly string[])[],
  { width = Number.POSITIVE_INFINITY, keys = 1, align }: GridOptions,
): string[] {
  const padded = aligned(rows, align);
  const widths = (padded[0] ?? []).map((text) => text.length);
  const spanOf = (columns: readonly number[]) =>
    columns.reduce((sum, at) => sum + (widths[at] ?? 0), (columns.length - 1) * GAP.length);
  const key = widths.slice(0, keys).map((_, at) => at);
  const blocks: number[][] = [];
  for (let at = keys; at < widths.length; at++) {
    const last = blocks.at(-1);
    if (last !== undefined && spanOf([...key, ...last, at]) <= width) last.push(at);
    else blocks.push([at]);
  }
  if (blocks.length === 0) blocks.push([]);
  if (blocks.some((block) => spanOf([...key, ...block]) > width)) return asLists(rows, width, keys);
  return blocks.flatMap((block, index) => [
    ...(index > 0 ? [''] : []),
    ...padded.map((row) =>
      [...key, ...block]
        .map((at) => row[at] ?? '')
        .join(GAP)
        .trimEnd(),
    ),
  ]);
}

function asLists([head = [], ...rows]: readonly (readonly string[])[], width: number, keys: number): string[] {
  return rows.flatMap((row) => [
    ...wrapped(
      row
        .slice(0, keys)
        .map((text, at) => `${head[at] ?? ''} ${text}`.trim())
        .join(', '),
      width,
    ),
    ...row.slice(keys).flatMap((text, at) => {
      const name = head[keys + at] ?? '';
      return text === '' ? [] : wrapped(`  ${name === '' ? '' : `${name}: `}${text}`, width);
    }),
  ]);
}
