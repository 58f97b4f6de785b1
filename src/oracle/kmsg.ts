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
  for (const record of text.split('\n')) {
    // Below a message come its properties, each after a space.
    const [, prefix, number, flags, message] = RECORD.exec(record) ?? [];
    if (message === undefined) continue;
    const seq = Number(number);
    lost += seq - last - 1;
    last = seq;
    // A piece of a line that another message came between has no severity of its own.
    const level = flags?.includes('c') ? undefined : Number(prefix) & 7;
    const user = Number(prefix) >> 3 !== 0;
    for (const line of unescaped(message).split('\n')) lines.push({ text: line.trimEnd(), level, user });
  }
  return { lines, last, lost };
}

/** Whatever is no printable ASCII, and the backslash, is `\xHH` there, a byte each. */
function unescaped(message: string): string {
  if (!message.includes('\\x')) return message;
  const bytes = message.replace(/\\x([0-9a-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  return Buffer.from(bytes, 'latin1').toString();
}

/** What the console showed: time and who said it stand before a line, its severity does not. */
export function fromConsole(lines: readonly string[]): LogLine[] {
  return lines.map((line) => ({ text: line.replace(/^(\[[^\]]*\]\s*)+/, ''), level: undefined, user: false }));
}
