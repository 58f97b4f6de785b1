/**
 * The kernel-log oracle: what the guest's kernel said from the end of the cell before, or from its boot, to the mark of this cell's end.
 */
import type { OracleReport } from '../model/index.js';
import { allowedWhile } from './allowed-lines.js';
import { complaints, worded } from './complaints.js';
import type { LogLine, LogRead } from './kmsg.js';
import { withoutLeaks, withoutWarnings } from './known-reports.js';

/** `undefined`: a mark is missing, and nobody knows what was looked at. */
export type LogWindow = { before: LogLine[]; cell: LogLine[]; lost: number } | undefined;

/** Splits what was said since it was read last at the cell's marks. */
export function logWindow({ lines, lost }: Omit<LogRead, 'last'>, begin: string, end: string): LogWindow {
  const from = lines.findLastIndex(({ text }) => text.includes(begin));
  const to = lines.findIndex(({ text }, at) => at > from && text.includes(end));
  return from < 0 || to < 0 ? undefined : { before: lines.slice(0, from), cell: lines.slice(from + 1, to), lost };
}

/** Taint that says that something went wrong, not merely that a module came from outside: Documentation/admin-guide/tainted-kernels.rst */
const WARNED = 512;
const TAINTS = { 16: 'machine check', 32: 'bad page', 128: 'oops', [WARNED]: 'warning', 16384: 'soft lockup' };

/**
 * `taint`: the kernel's flags before and after, `null` where they could not be read. `expected`: lines that no one objects to.
 * `due`: for an alarm that must ring in one way: it alone is objected to. `known`: reports that are defects of the kernel's own.
 */
export function judgeKernelLog(
  window: LogWindow,
  taint: { before: number | null; after: number | null },
  {
    expected = [],
    due,
    known = [],
  }: { expected?: readonly RegExp[] | undefined; due?: RegExp | undefined; known?: readonly RegExp[] } = {},
): OracleReport {
  if (window === undefined)
    return report('inconclusive', "the marks of this cell are not in the kernel's log: could not look");
  const warnings = withoutWarnings(window.cell, known);
  const leaks = withoutLeaks(warnings.lines, known);
  const theirs = [...warnings.found, ...leaks.found];
  const kernel = theirs.length > 0 ? { kernel: theirs } : {};
  if (due) return judgeDue(leaks.lines, due);
  const early = complaints(window.before, allowedWhile('boot')).map((one) => `while it booted: ${worded(one)}`);
  const late = complaints(leaks.lines, [...allowedWhile('cell'), ...expected]).map(worded);
  const [first, ...more] = [...late, ...early];
  if (first !== undefined)
    return { ...report('fail', more.length > 0 ? `${first} (and ${more.length} more)` : first), ...kernel };
  const excused = warnings.found.length > 0 ? WARNED : 0;
  const tainted = Object.entries(TAINTS).find(
    ([bit]) => (Number(taint.after) & ~Number(taint.before) & ~excused & Number(bit)) !== 0,
  );
  if (tainted) return { ...report('fail', `the kernel is tainted: ${tainted[1]}`), ...kernel };
  if (window.lost > 0)
    return report('inconclusive', `${window.lost} messages of the kernel were overwritten before they could be read`);
  if (taint.before === null || taint.after === null)
    return report('inconclusive', 'the kernel does not show whether it is tainted');
  return { ...report('pass', `${window.cell.length} lines, clean`), ...kernel };
}

function judgeDue(lines: readonly LogLine[], due: RegExp): OracleReport {
  const [rung] = complaints(lines.filter(({ text }) => due.test(text)));
  return rung ? report('fail', worded(rung)) : report('pass', `no report like ${due.source}`);
}

function report(verdict: OracleReport['verdict'], detail: string): OracleReport {
  return { name: 'kernel-log', verdict, detail };
}
