/**
 * Takes reports of known kernel defects out of a kernel log and returns them separately.
 */
import { type KnownDefect, keyOfObjection, matchesDefect, type ObjectionOf, type Where } from '../model/index.js';
import type { LogLine } from './kmsg.js';

/** What identifies a report. */
export type Known = Pick<KnownDefect, 'code' | 'where'>;
type KernelReport = ObjectionOf<'kernel-log'>;

export interface Sorted {
  /** The lines without the known reports. */
  lines: readonly LogLine[];
  /** One of each known report. */
  found: KernelReport[];
}

const WARNING_BEGINS = '[ cut here ]';
const WARNING_ENDS = /---\[ end trace /;

const LEAK = 'kmemleak: ';
const LEAK_BEGINS = 'unreferenced object';
/** What the kernel logs after a scan. The objects are in a file, which `lab end` copies into the log. */
const LEAKS_COUNTED = /kmemleak: (\d+) new suspected memory leaks/;

/** A warning extends from its cut to its end. If a known warning interrupts it, or it has no end, it does not match a known one. */
export function withoutWarnings(lines: readonly LogLine[], known: readonly Known[]): Sorted {
  const taken = new Set<number>();
  const found = new Map<string, KernelReport>();
  let begin: number | undefined;
  for (const [at, { text: line }] of lines.entries()) {
    if (line.includes(WARNING_BEGINS)) begin = at;
    else if (WARNING_ENDS.test(line) && begin !== undefined) {
      const one = known.length > 0 ? knownBy(warning(lines.slice(begin, at + 1)), known) : undefined;
      if (one !== undefined) {
        for (let each = begin; each <= at; each++) taken.add(each);
        found.set(keyOfObjection(one), one);
      }
      begin = undefined;
    }
  }
  return { lines: lines.filter((_, at) => !taken.has(at)), found: [...found.values()] };
}

/** A report of kmemleak is its heading with all lines up to the next. The kernel's count of leaks is removed if it counts only known ones. */
export function withoutLeaks(lines: readonly LogLine[], known: readonly Known[]): Sorted {
  const reports: number[][] = [];
  for (const [at, { text: line }] of lines.entries()) {
    if (!line.includes(LEAK)) continue;
    if (line.includes(LEAK_BEGINS)) reports.push([at]);
    else reports.at(-1)?.push(at);
  }
  const found = new Map<string, KernelReport>();
  const taken = new Set<number>();
  let excused = 0;
  for (const report of reports) {
    const one = knownBy(leak(report.flatMap((at) => lines[at] ?? [])), known);
    if (one === undefined) continue;
    for (const at of report) taken.add(at);
    excused++;
    found.set(keyOfObjection(one), one);
  }
  const counts = lines.map(({ text }) => Number(LEAKS_COUNTED.exec(text)?.[1] ?? 0));
  if (excused > 0 && counts.reduce((sum, count) => sum + count, 0) <= excused)
    for (const [at, count] of counts.entries()) if (count > 0) taken.add(at);
  return { lines: lines.filter((_, at) => !taken.has(at)), found: [...found.values()] };
}

/** The report, with only those calls that identify it: the others vary. */
function knownBy(report: KernelReport & { where: Where }, known: readonly Known[]): KernelReport | undefined {
  const defect = known.find((one) => matchesDefect(one, report));
  if (defect === undefined) return undefined;
  const calls = defect.where?.calls ?? [];
  return { ...report, detail: [report.detail, ...calls].join(' ... '), where: { ...report.where, calls } };
}

/** Parses `WARNING: FILE:LINE at FUNCTION+OFFSET, ...`, and the calls below it. */
function warning(lines: readonly LogLine[]): KernelReport & { where: Where } {
  const heads = lines.map(({ text }) => /WARNING: (?:CPU: .* at )?(\S+):\d+ (?:at )?([\w.]+)\+/.exec(text));
  const [line = '', file, name] = heads.find((head) => head !== null) ?? [];
  const place = { ...(file !== undefined && { file }), ...(name !== undefined && { function: name }) };
  const detail = line.replace(/\+$/, '').trim();
  return { code: 'log-warn', detail, where: { ...place, calls: callsIn(lines) } };
}

function leak(lines: readonly LogLine[]): KernelReport & { where: Where } {
  return { code: 'log-kmemleak', detail: LEAK_BEGINS, where: { calls: callsIn(lines) } };
}

/** Lines such as `function+0x41/0x60`. */
function callsIn(lines: readonly LogLine[]): string[] {
  return lines.flatMap(({ text }) => /(?:^|\s)([\w.]+)\+0x[0-9a-f]+\/0x[0-9a-f]+/.exec(text)?.[1] ?? []);
}
