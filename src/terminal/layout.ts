/**
 * How text fits into the columns of a terminal: columns in, lines out. No line that these make is longer, but for a single word that is
 * longer by itself: a path or an id is left whole, to be copied.
 */
import { harmless } from '../model/text.js';
import { widthOf } from './output.js';

/** What a stream has room for. A file or a pipe takes a line of any length. */
export function columnsOf(stream: NodeJS.WriteStream): number {
  return stream.isTTY === true ? stream.columns || 80 : Number.POSITIVE_INFINITY;
}

/** The text in lines; all but the first are indented by `hang`, by default two more than the first. */
export function wrapped(text: string, width: number, hang = indentOf(text) + 2): string[] {
  return harmless(text)
    .split('\n')
    .flatMap((line) => {
      if (line.length <= width) return [line];
      return filled(line.trim().split(/\s+/), width, { first: ' '.repeat(indentOf(line)), next: ' '.repeat(hang) });
    });
}

/** A command that a person copies: in one line if it fits, else over several that a shell takes as one. */
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
/** A column of text that is narrower than this is not read but spelt. */
const READABLE = 32;

/** A row of columns; the last one flows within itself, and stands below the others where it would be narrow. */
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

/** Parts beside each other as far as they fit, the others in lines of their own below. */
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

/** The columns of rows made as wide as their widest entry. */
export function aligned(rows: readonly (readonly string[])[], align: (column: number) => Align): string[][] {
  const widths: number[] = [];
  for (const row of rows) for (const [at, text] of row.entries()) widths[at] = Math.max(widths[at] ?? 0, text.length);
  return rows.map((row) =>
    row.map((text, at) => (align(at) === 'left' ? text.padEnd(widths[at] ?? 0) : text.padStart(widths[at] ?? 0))),
  );
}

export interface GridOptions {
  /** Columns of the terminal. */
  width?: number | undefined;
  /** How many columns say which row it is. */
  keys?: number;
  align: (column: number) => Align;
}

/**
 * A table whose first row is its heading. Columns that have no room beside the others stand in blocks below them, each with the keys again;
 * if not even one has room beside those, each row becomes a list of its entries.
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
