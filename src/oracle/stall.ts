/** What a stall of the host brings about in a guest, and what it cannot. */
import { type Objection, type OracleReport, objectionReport } from '../model/index.js';

/** The kernel's own words for a processor, a task or a queue that did nothing for too long. */
const STANDSTILL =
  /soft lockup - CPU|hard LOCKUP|rcu.*detected stall|rcu.*kthread starved|blocked for more than \d+ seconds|workqueue lockup/i;
/** Whatever else goes by its clock: commands, interrupts, the clocks themselves. */
const CLOCK = /\btime[d]? ?-?out\b|clocksource|soft lockup|hrtimer: interrupt took|sched_clock/i;

/** Does this line of a kernel's say that something stood still? */
export function isStandstill(line: string): boolean {
  return STANDSTILL.test(line);
}

export function isClock(line: string): boolean {
  return CLOCK.test(line);
}

/** May a line of a kernel's be nothing but the effect of time that the guest was not given? */
export function isOfTime(line: string): boolean {
  return isStandstill(line) || isClock(line);
}

const OF_TIME: readonly Objection['code'][] = ['log-stall', 'log-timeout'];

/**
 * The reports of a cell whose guest was kept from running: steps that took too long, and a kernel that complains of time, show nothing then.
 * Wrong data, a wrong mapping and what was left behind show what they always do.
 */
export function withoutTime(reports: readonly OracleReport[], kept: string): OracleReport[] {
  return reports.map((report) => {
    if (report.verdict !== 'fail') return report;
    const { name, objections } = report;
    const late = name === 'kernel-log' && objections.every(({ code }) => OF_TIME.includes(code));
    if (name !== 'workload' && !late) return report;
    const stall: Objection = { code: 'host-stall', detail: kept };
    return { ...report, ...objectionReport(name, 'inconclusive', [stall, ...objections]) };
  });
}
