/** What a stall of the host brings about in a guest, and what it cannot. */
import type { OracleReport } from '../model/index.js';

/** The kernel's own words for a processor, a task or a queue that did nothing for too long. */
const STANDSTILL =
  /soft lockup - CPU|hard LOCKUP|rcu.*detected stall|rcu.*kthread starved|blocked for more than \d+ seconds|workqueue lockup/i;
/** Whatever else goes by its clock: commands, interrupts, the clocks themselves. */
const CLOCK = /\btime[d]? ?-?out\b|clocksource|soft lockup|hrtimer: interrupt took|sched_clock/i;

/** Does this line of a kernel's say that something stood still? */
export function isStandstill(line: string): boolean {
  return STANDSTILL.test(line);
}

/** May these words be nothing but the effect of time that the guest was not given? */
export function isOfTime(words: string): boolean {
  return STANDSTILL.test(words) || CLOCK.test(words);
}

/**
 * The reports of a cell whose guest was kept from running: steps that took too long, and a kernel that complains of time, show nothing then.
 * Wrong data, a wrong mapping and what was left behind show what they always do.
 */
export function withoutTime(reports: readonly OracleReport[], kept: string): OracleReport[] {
  return reports.map((report) =>
    report.verdict === 'fail' &&
    (report.name === 'workload' || (report.name === 'kernel-log' && isOfTime(report.detail)))
      ? { ...report, verdict: 'inconclusive', detail: `${kept}; ${report.detail}` }
      : report,
  );
}
