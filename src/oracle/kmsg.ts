/** The kernel's log as /dev/kmsg has it (Documentation/ABI/testing/dev-kmsg): severity and number of each message. */

export interface LogLine {
  text: string;
  /** 0, an emergency, to 7, for debugging. `undefined`: nobody knows, as on the console, which does not show it. */
  level: number | undefined;
  /** Written by a program, not by the kernel. */
  user: boolean;
}

export interface LogRead {
  lines: LogLine[];
  /** Number of the last message. */
  last: number;
  /** How many messages were overwritten before anybody could read them. */
  lost: number;
}

const RECORD = /^(\d+),(\d+),\d+,([^,;]*)[^;]*;(.*)$/;

/** `after`: number of the last message that was read before; -1 if none was. */
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

/** A message, which may have several lines; `undefined` for its properties, which stand below it, each after a space. */
export function kmsgRecord(record: string): { number: number; lines: LogLine[] } | undefined {
  const [, prefix, number, flags, message] = RECORD.exec(record) ?? [];
  if (message === undefined) return undefined;
  // A piece of a line that another message came between has no severity of its own.
  const level = flags?.includes('c') ? undefined : Number(prefix) & 7;
  const user = Number(prefix) >> 3 !== 0;
  return {
    number: Number(number),
    lines: unescaped(message)
      .split('\n')
      .map((line) => ({ text: line.trimEnd(), level, user })),
  };
}

/** Whatever is no printable ASCII, and the backslash, is `\xHH` there, a byte each. */
function unescaped(message: string): string {
  if (!message.includes('\\x')) return message;
  const bytes = message.replace(/\\x([0-9a-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  return Buffer.from(bytes, 'latin1').toString();
}

/** Time, and the task or processor that said it: `[    1.234567][    T1] `, and `[Sun Nov 29 10:00:00 2026] ` of dmesg -T. */
const STAMPS = /^(?:\[(?:\s*\d+\.\d+|\s*[TC]\d+|[A-Z][a-z]{2} [A-Z][a-z]{2} [^\]]*)\]\s*)+/;

export function withoutStamps(line: string): string {
  return line.replace(STAMPS, '');
}

/** What the console showed: no severity stands there. */
export function fromConsole(lines: readonly string[]): LogLine[] {
  return lines.map((line) => ({ text: withoutStamps(line), level: undefined, user: false }));
}
