/**
 * The only way to a terminal: whoever prints, prints by these functions (test/unit/terminal/output.test.ts looks for others). What they are
 * given is text, whoever wrote it, so that no escape sequence but our own colours gets out, and no line that a CI system would obey.
 */
import { randomBytes } from 'node:crypto';
import { harmless } from '../model/text.js';

/** Sets our colours apart from those of a guest, which cannot know it. */
const OURS = `\x1b${randomBytes(12).toString('hex')};`;
const PAINT = new RegExp(`${OURS}(\\d+)m`);

/** By the numbers of the terminal's own colours (SGR). */
export function painted(text: string, colour: number): string {
  return `${OURS}${colour}m${text}${OURS}0m`;
}

/** `##[error]`, `##vso[...]`, anywhere in a line. */
const COMMAND = /#(?=#\w*\[)/g;
/** `::error::` at the beginning of a line, behind blanks or a colour. */
const OBEYED = new RegExp(`^((?:[^\\S\\n]|${'\x1b'}\\[\\d+m)*):(?=:)`, 'gm');

/** How many columns it takes. */
export function widthOf(text: string): number {
  return text.split(PAINT).reduce((sum, part, at) => (at % 2 === 0 ? sum + part.length : sum), 0);
}

/** As it may be written: GitHub, Azure and TeamCity take commands from any line of a program's output. */
export function safe(text: string): string {
  return text
    .split(PAINT)
    .map((part, at) => (at % 2 === 0 ? harmless(part) : `\x1b[${part}m`))
    .join('')
    .replace(OBEYED, '$1\\u003a')
    .replace(COMMAND, '\\u0023');
}

/** Prints lines. */
export function print(stream: NodeJS.WritableStream, text: string): void {
  stream.write(text.endsWith('\n') ? safe(text) : `${safe(text)}\n`);
}

/** In place of the line that the cursor is in; nothing clears it. */
export function overwrite(stream: NodeJS.WritableStream, text: string): void {
  stream.write(`\r\x1b[K${safe(text)}`);
}

/** A line that GitHub is to obey, made by annotation() only. */
export type Annotation = string & { readonly annotation: unique symbol };

export function annotation(kind: 'error' | 'warning' | 'notice', title: string | undefined, text: string): Annotation {
  const properties = title === undefined ? '' : ` title=${data(title).replaceAll(':', '%3A').replaceAll(',', '%2C')}`;
  return `::${kind}${properties}::${data(text)}` as Annotation;
}

function data(text: string): string {
  return harmless(text).replace(COMMAND, '\\u0023').replaceAll('%', '%25').replaceAll('\n', '%0A');
}

export function annotate(stream: NodeJS.WritableStream, line: Annotation): void {
  stream.write(`${line}\n`);
}

export function say(text: string): void {
  print(process.stdout, text);
}

export function complain(text: string): void {
  print(process.stderr, `phyrlab: ${text}`);
}
