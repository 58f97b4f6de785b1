/** Reads kernel logs in the formats that people keep them in: lines of a file in, kernel lines with their severities out. */
import { z } from 'zod';
import { kmsgRecord, type LogLine, withoutStamps } from './kmsg.js';

/** A kernel line with its place in the file, counted from 1. */
export interface PlacedLine extends LogLine {
  place: number;
}

export interface ForeignLog {
  format: FormatName;
  /** Do most lines have a severity? */
  levels: boolean;
  /** Without lines of other programs. */
  lines: PlacedLine[];
  /** How many messages were overwritten before they were read, according to their numbers. */
  lost: number;
}

interface Parsed {
  lines: LogLine[];
  /** The number of the message, if the format has one. */
  number?: number;
}

/** `undefined`: the line does not have this format. */
type Parse = (line: string) => Parsed | undefined;

/** A syslog priority is 8 times the facility, which is 0 for the kernel, plus the severity. */
function ofPriority(priority: string, text: string): LogLine {
  return { text: withoutStamps(text).trimEnd(), level: Number(priority) & 7, user: Number(priority) >> 3 !== 0 };
}

const RAW = /^<(\d{1,3})>(.*)$/;
const SEVERITIES = ['emerg', 'alert', 'crit', 'err', 'warn', 'notice', 'info', 'debug'];
const DECODED = new RegExp(`^(\\w+)\\s*:(${SEVERITIES.join('|')})\\s*:\\s*(.*)$`);
/** With a time by RFC 3164 or RFC 3339. The program after the host may have a PID. */
const SYSLOG =
  /^(?:<(\d{1,3})>)?(?:[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d|\d{4}-\d\d-\d\dT\S+) (?:\S+ )?([\w./@-]+)(?:\[\d+\])?: (.*)$/;
const Journal = z.object({
  MESSAGE: z.union([z.string(), z.array(z.number().int().min(0).max(255))]).nullish(),
  PRIORITY: z
    .string()
    .regex(/^[0-7]$/)
    .nullish(),
  _TRANSPORT: z.string().nullish(),
});

function fromJournal(line: string): Parsed | undefined {
  if (!line.startsWith('{')) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return undefined;
  }
  const { success, data } = Journal.safeParse(value);
  if (!success || data.MESSAGE === undefined) return undefined;
  if (data._TRANSPORT !== 'kernel') return { lines: [] };
  const message = typeof data.MESSAGE === 'string' ? data.MESSAGE : Buffer.from(data.MESSAGE ?? []).toString();
  const level = data.PRIORITY == null ? undefined : Number(data.PRIORITY);
  return { lines: message.split('\n').map((text) => ({ text: text.trimEnd(), level, user: false })) };
}

function fromRaw(line: string): Parsed | undefined {
  const [, priority, text] = RAW.exec(line) ?? [];
  return priority === undefined || SYSLOG.test(line) ? undefined : { lines: [ofPriority(priority, text ?? '')] };
}

function fromDecoded(line: string): Parsed | undefined {
  const [, facility, severity, text] = DECODED.exec(line) ?? [];
  if (severity === undefined) return undefined;
  const level = SEVERITIES.indexOf(severity);
  return { lines: [{ text: withoutStamps(text ?? '').trimEnd(), level, user: facility !== 'kern' }] };
}

function fromSyslog(line: string): Parsed | undefined {
  const [, priority, program, text] = SYSLOG.exec(line) ?? [];
  if (text === undefined) return undefined;
  if (program !== 'kernel') return { lines: [] };
  // Few files have the priority. If a line has one, it counts.
  return priority === undefined ? plain(text) : { lines: [ofPriority(priority, text)] };
}

function plain(line: string): Parsed {
  return { lines: [{ text: withoutStamps(line).trimEnd(), level: undefined, user: false }] };
}

/** The most specific first. */
const FORMATS = {
  '/dev/kmsg': kmsgRecord,
  'journalctl -o json': fromJournal,
  'dmesg -r': fromRaw,
  'dmesg -x': fromDecoded,
  syslog: fromSyslog,
  console: plain,
} as const satisfies Record<string, Parse>;
export type FormatName = keyof typeof FORMATS;

/** How many lines are used to detect the format. */
const TELLING = 200;

/** The first format that at least half of these lines have. The others may come from programs that wrote in between. */
function formatOf(lines: readonly string[]): FormatName {
  const some = lines.filter((line) => line.trim() !== '').slice(0, TELLING);
  // Properties of a message are not lines of their own.
  const heads = some.filter((line) => !/^ [A-Z_]+=/.test(line));
  const fits = ([, parse]: [string, Parse]) =>
    heads.filter((line) => parse(line) !== undefined).length * 2 >= Math.max(heads.length, 1);
  return (Object.entries(FORMATS).find(fits)?.[0] ?? 'console') as FormatName;
}

/** `lines`: the file's lines without their ends. A line in another format than its file counts as the kernel's, with unknown severity. */
export function readLog(lines: readonly string[]): ForeignLog {
  const format = formatOf(lines);
  const parse: Parse = FORMATS[format];
  const read: PlacedLine[] = [];
  let last: number | undefined;
  let lost = 0;
  for (const [at, line] of lines.entries()) {
    if (format === '/dev/kmsg' && line.startsWith(' ')) continue;
    const { lines: parsed, number } = parse(line) ?? plain(line);
    if (number !== undefined) {
      if (last !== undefined && number > last) lost += number - last - 1;
      last = number;
    }
    for (const one of parsed) read.push({ ...one, place: at + 1 });
  }
  const levels = read.filter(({ level }) => level !== undefined).length * 2 >= read.length;
  return { format, levels, lines: read, lost };
}
