/** A kernel's log that somebody brings, judged as a cell's is: by severity, by words, and by what a sound kernel may say. */
import { type ObjectionOf, signature } from '../model/index.js';
import { allowedWhile } from './allowed-lines.js';
import { type Allowed, complaints, complaintText } from './complaints.js';
import type { ForeignLog } from './log-formats.js';

export interface LogObjection {
  code: ObjectionOf<'kernel-log'>['code'];
  detail: string;
  /** Line of the file where the first of them begins. */
  line: number;
  /** How many say the same. */
  count: number;
  /** The first, with what stands below it. */
  text: string[];
}

export interface LogJudgement {
  verdict: 'pass' | 'fail' | 'inconclusive';
  /** Why nobody can tell, where nothing is objected to. */
  reason?: string;
  objections: LogObjection[];
  /** Lines of the kernel's. */
  lines: number;
  /** How many of them `allow` covers. */
  allowed: number;
}

/** `allow`: lines that this user does not object to, beyond those that every sound guest prints. */
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
      ? 'no line of a kernel is in it'
      : lost > 0
        ? `${lost} messages of the kernel were overwritten before they were read`
        : undefined;
  return reason === undefined ? { verdict: 'pass', ...counts } : { verdict: 'inconclusive', reason, ...counts };
}
