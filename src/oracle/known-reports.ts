/**
 * Reports in a kernel's log that are known defects of its own: taken out of what is objected to, and told apart.
 */

import type { LogLine } from './kmsg.js';

export interface Sorted {
  /** What is left to object to. */
  lines: readonly LogLine[];
  /** Of each kind of known report what it is known by: the first line of that, and the last. */
  found: string[];
}

const WARNING_BEGINS = '[ cut here ]';
const WARNING_ENDS = /---\[ end trace /;

const LEAK = 'kmemleak: ';
const LEAK_BEGINS = 'unreferenced object';
/** What the kernel itself says after a scan; the objects are in a file, which `lab end` copies into the log. */
const LEAKS_COUNTED = /kmemleak: (\d+) new suspected memory leaks/;

/** A warning is all from its cut to its end; one that a known warning interrupts, or that has no end, is none of the known. */
export function withoutWarnings(lines: readonly LogLine[], known: readonly RegExp[]): Sorted {
  const taken = new Set<number>();
  const found = new Set<string>();
  let begin: number | undefined;
  for (const [at, { text: line }] of lines.entries()) {
    if (line.includes(WARNING_BEGINS)) begin = at;
    else if (WARNING_ENDS.test(line) && begin !== undefined) {
      const what = knownBy(lines.slice(begin, at + 1), known);
      if (what !== undefined) {
        for (let each = begin; each <= at; each++) taken.add(each);
        found.add(what);
      }
      begin = undefined;
    }
  }
  return { lines: lines.filter((_, at) => !taken.has(at)), found: [...found] };
}

/** A report of kmemleak is its head and all of its lines up to the next. So is the kernel's count of leaks, if they are all that it counts. */
export function withoutLeaks(lines: readonly LogLine[], known: readonly RegExp[]): Sorted {
  const reports: number[][] = [];
  for (const [at, { text: line }] of lines.entries()) {
    if (!line.includes(LEAK)) continue;
    if (line.includes(LEAK_BEGINS)) reports.push([at]);
    else reports.at(-1)?.push(at);
  }
  const found = new Set<string>();
  const taken = new Set<number>();
  let excused = 0;
  for (const report of reports) {
    const what = knownBy(
      report.flatMap((at) => lines[at] ?? []),
      known,
    );
    if (what === undefined) continue;
    for (const at of report) taken.add(at);
    excused++;
    found.add(what);
  }
  const counts = lines.map(({ text }) => Number(LEAKS_COUNTED.exec(text)?.[1] ?? 0));
  if (excused > 0 && counts.reduce((sum, count) => sum + count, 0) <= excused)
    for (const [at, count] of counts.entries()) if (count > 0) taken.add(at);
  return { lines: lines.filter((_, at) => !taken.has(at)), found: [...found] };
}

/** A pattern may go over several lines: what went wrong, and by whose call. */
function knownBy(report: readonly LogLine[], known: readonly RegExp[]): string | undefined {
  const text = report.map((line) => line.text).join('\n');
  const hit = known.flatMap((pattern) => pattern.exec(text)?.[0] ?? []).at(0);
  if (hit === undefined) return undefined;
  const [first = '', ...rest] = hit.split('\n').map((line) =>
    line
      .replace(/^kmemleak:\s*/, '')
      .replace(/, CPU#\d+: .*/, '')
      .trim(),
  );
  return [first, ...rest.slice(-1)].join(' ... ');
}
