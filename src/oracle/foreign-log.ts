/** Judges any kernel's log by the rules for a cell's: by severity, by known phrases, and by what a correct kernel may print. */
import { type ObjectionOf, signature } from '../model/index.js';
import { allowedWhile } from './allowed-lines.js';
import { type Allowed, complaints, complaintText } from './complaints.js';
import type { ForeignLog } from './log-formats.js';

export interface LogObjection {
  code: ObjectionOf<'kernel-log'>['code'];
  detail: string;
  /** The line of the file where the first one begins. */
  line: number;
  /** How many are equal. */
  count: number;
  /** The first one with all its lines. */
  text: string[];
}

export interface LogJudgement {
  verdict: 'pass' | 'fail' | 'inconclusive';
  /** Why the log cannot be judged, if there is no objection. */
  reason?: string;
  objections: LogObjection[];
  /** How many lines come from the kernel. */
  lines: number;
  /** How many of them match `allow`. */
  allowed: number;
}

/** `allow`: lines that the user accepts, in addition to those that every correct guest prints. */
export function judgeForeignLog({ lines, lost }: ForeignLog, allow: readonly Allowed[]): LogJudgement {
  const found = new Map<string, LogObjection>();
  for (const one of complaints(lines, [...allowedWhile('boot'), ...allow])) {
    const key = `${one.code} ${signature(one.line)}`;
    const known = found.get(key);
    if (known !== undefined) known.count++;
    else {
      const text = lines.slice(one.from, one.to);
      const line = text[0]?.place ?? 0;
      found.set(key, {
        code: one.code,
        detail: complaintText(one),
        line,
        count: 1,
        text: text.map((each) => each.text),
      });
    }
  }
  const objections = [...found.values()];
  const allowed = lines.filter(({ text }) => allow.some((one) => one.test(text))).length;
  const counts = { objections, lines: lines.length, allowed };
  if (objections.length > 0) return { verdict: 'fail', ...counts };
  const reason =
    lines.length === 0
      ? 'it has no line of a kernel'
      : lost > 0
        ? `${lost} kernel messages were overwritten before they were read`
        : undefined;
  return reason === undefined ? { verdict: 'pass', ...counts } : { verdict: 'inconclusive', reason, ...counts };
}
