/** The kernel log as read from /dev/kmsg (Documentation/ABI/testing/dev-kmsg): severity and number of each message. */

export interface LogLine {
  text: string;
  /** From 0 (emergency) to 7 (debug). `undefined`: unknown, as on a console. */
  level: number | undefined;
  /** Written by a program, not by the kernel. */
  user: boolean;
}

export interface LogRead {
  lines: LogLine[];
  /** The number of the last message. */
  last: number;
  /** How many messages were overwritten before they could be read. */
  lost: number;
}

const RECORD = /^(\d+),(\d+),\d+,([^,;]*)[^;]*;(.*)$/;

/** `after`: the number of the last message that was read before, or -1. */
export function parseKmsg(text: string, after: number): LogRead {
  const lines: LogLine[] = [];
  let last = after;
  let lost = 0;
  for (const each of text.split('\n')) {
    const record = kmsgRecord(each);
    if (record === undefined) continue;
    lost += record.number - last - 1;
    last = record.number;
    for (const line of record.lines) lines.push(line);
  }
  return { lines, last, lost };
}

/** Parses a message, which may have several lines. `undefined` for its properties, which follow it, indented by a space. */
export function kmsgRecord(record: string): { number: number; lines: LogLine[] } | undefined {
  const [, prefix, number, flags, message] = RECORD.exec(record) ?? [];
  if (message === undefined) return undefined;
  // A continuation after another message has no severity of its own.
  const level = flags?.includes('c') ? undefined : Number(prefix) & 7;
  const user = Number(prefix) >> 3 !== 0;
  return {
    number: Number(number),
    lines: unescaped(message)
      .split('\n')
      .map((line) => ({ text: line.trimEnd(), level, user })),
  };
}

/** In /dev/kmsg, everything but printable ASCII, and the backslash, is written as `\xHH` per byte. */
function unescaped(message: string): string {
  if (!message.includes('\\x')) return message;
  const bytes = message.replace(/\\x([0-9a-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  return Buffer.from(bytes, 'latin1').toString();
}

/** Time and caller: `[    1.234567][    T1] `, or `[Sun Nov 29 10:00:00 2026] ` from dmesg -T. */
const STAMPS = /^(?:\[(?:\s*\d+\.\d+|\s*[TC]\d+|[A-Z][a-z]{2} [A-Z][a-z]{2} [^\]]*)\]\s*)+/;

export function withoutStamps(line: string): string {
  return line.replace(STAMPS, '');
}

/** Lines of a console, which have no severity. */
export function fromConsole(lines: readonly string[]): LogLine[] {
  return lines.map((line) => ({ text: withoutStamps(line), level: undefined, user: false }));
}
