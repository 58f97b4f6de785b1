/**
 * All output to a terminal goes through these functions (test/unit/terminal/output.test.ts checks it). They escape
 * everything except our own colours, so that no text can send escape sequences to the terminal or commands to a CI
 * system.
 */
import { randomBytes } from 'node:crypto';
import { harmless } from '../model/text.js';

/** Marks our own colours. It is random, so a guest cannot forge it. */
const OURS = `\x1b${randomBytes(12).toString('hex')};`;
const PAINT = new RegExp(`${OURS}(\\d+)m`);

/** @param colour the terminal's number of the colour (SGR) */
export function painted(text: string, colour: number): string {
  return `${OURS}${colour}m${text}${OURS}0m`;
}

/** `##[error]`, `##vso[...]`, anywhere in a line. */
const COMMAND = /#(?=#\w*\[)/g;
/** `::error::` at the beginning of a line, after spaces or a colour. */
const OBEYED = new RegExp(`^((?:[^\\S\\n]|${'\x1b'}\\[\\d+m)*):(?=:)`, 'gm');

/** How many columns the text takes. */
export function widthOf(text: string): number {
  return text.split(PAINT).reduce((sum, part, at) => (at % 2 === 0 ? sum + part.length : sum), 0);
}

/** Safe to print: GitHub, Azure and TeamCity obey commands in any line of output. */
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

/** Replaces the line with the cursor; nothing else clears it. */
export function overwrite(stream: NodeJS.WritableStream, text: string): void {
  stream.write(`\r\x1b[K${safe(text)}`);
}

/** A line that GitHub shall obey; only annotation() makes one. */
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
