/**
 * The kernel-log oracle. It judges what the guest's kernel logged from the end of the cell before, or from the boot, to the end of this cell.
 */
import {
  couldNotLook,
  type ObjectionOf,
  type OracleReport,
  objects,
  passes,
  withKernelFindings,
} from '../model/index.js';
import { allowedWhile } from './allowed-lines.js';
import { complaints, objectionTo } from './complaints.js';
import type { LogLine, LogRead } from './kmsg.js';
import { type Known, withoutLeaks, withoutWarnings } from './known-reports.js';
import { Tally } from './tally.js';

/** `undefined`: a mark is missing, so nobody knows which lines belong to the cell. */
export type LogWindow = { before: LogLine[]; cell: LogLine[]; lost: number } | undefined;

/** Splits the log since it was last read at the cell's marks. */
export function logWindow({ lines, lost }: Omit<LogRead, 'last'>, begin: string, end: string): LogWindow {
  const from = lines.findLastIndex(({ text }) => text.includes(begin));
  const to = lines.findIndex(({ text }, at) => at > from && text.includes(end));
  return from < 0 || to < 0 ? undefined : { before: lines.slice(0, from), cell: lines.slice(from + 1, to), lost };
}

/** Taint flags for errors, as opposed to out-of-tree modules: Documentation/admin-guide/tainted-kernels.rst */
const WARNED = 512;
const TAINTS = { 16: 'machine check', 32: 'bad page', 128: 'oops', [WARNED]: 'warning', 16384: 'soft lockup' };

/**
 * `taint`: the kernel's flags before and after, `null` if they could not be read. `expected`: lines that are not objected to. `due`: for an alarm
 * that must ring in a certain way; nothing else is objected to. `known`: reports that are known defects of the kernel.
 */
export function judgeKernelLog(
  window: LogWindow,
  taint: { before: number | null; after: number | null },
  {
    expected = [],
    due,
    known = [],
  }: { expected?: readonly RegExp[] | undefined; due?: RegExp | undefined; known?: readonly Known[] } = {},
): OracleReport {
  if (window === undefined)
    return blind('log-marks-missing', "the marks of this cell are missing in the kernel's log: could not look");
  const warnings = withoutWarnings(window.cell, known);
  const leaks = withoutLeaks(warnings.lines, known);
  const theirs = [...warnings.found, ...leaks.found];
  const excused = warnings.found.length > 0 ? WARNED : 0;
  if (due) return judgeDue(leaks.lines, due);
  const early = complaints(window.before, allowedWhile('boot')).map((one) => objectionTo(one, 'while it booted: '));
  const late = complaints(leaks.lines, [...allowedWhile('cell'), ...expected]).map((one) => objectionTo(one));
  const wrong = new Tally<ObjectionOf<'kernel-log'>>();
  for (const one of [...late, ...early]) wrong.add(one);
  if (wrong.all().length > 0) return withKernelFindings(objects('kernel-log', wrong.all()), theirs);
  const tainted = Object.entries(TAINTS).find(
    ([bit]) => (Number(taint.after) & ~Number(taint.before) & ~excused & Number(bit)) !== 0,
  );
  if (tainted) {
    const detail = `the kernel is tainted: ${tainted[1]}`;
    return withKernelFindings(
      objects('kernel-log', [{ code: 'kernel-tainted', detail, where: { counter: tainted[1] } }]),
      theirs,
    );
  }
  if (window.lost > 0)
    return blind('log-lost', `${window.lost} kernel messages were overwritten before they could be read`);
  if (taint.before === null || taint.after === null)
    return blind('taint-unreadable', 'the kernel does not show whether it is tainted');
  return withKernelFindings(passes('kernel-log', `${window.cell.length} lines, clean`), theirs);
}

function judgeDue(lines: readonly LogLine[], due: RegExp): OracleReport {
  const [rung] = complaints(lines.filter(({ text }) => due.test(text)));
  return rung ? objects('kernel-log', [objectionTo(rung)]) : passes('kernel-log', `no report like ${due.source}`);
}

function blind(code: ObjectionOf<'kernel-log'>['code'], detail: string): OracleReport {
  return couldNotLook('kernel-log', [{ code, detail }]);
}
