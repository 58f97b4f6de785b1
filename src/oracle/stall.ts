/** What a stalled host causes in a guest, and what it cannot cause. */
import { type Objection, type OracleReport, objectionReport } from '../model/index.js';

/** Kernel messages about a processor, task or queue that made no progress for too long. */
const STANDSTILL =
  /soft lockup - CPU|hard LOCKUP|rcu.*detected stall|rcu.*kthread starved|blocked for more than \d+ seconds|workqueue lockup/i;
/** Other messages that depend on time: about commands, interrupts and the clocks themselves. */
const CLOCK = /\btime[d]? ?-?out\b|clocksource|soft lockup|hrtimer: interrupt took|sched_clock/i;

/** Does this line report that something made no progress? */
export function isStandstill(line: string): boolean {
  return STANDSTILL.test(line);
}

export function isClock(line: string): boolean {
  return CLOCK.test(line);
}

/** Can this line be the mere effect of the host not running the guest? */
export function isOfTime(line: string): boolean {
  return isStandstill(line) || isClock(line);
}

const OF_TIME: readonly Objection['code'][] = ['log-stall', 'log-timeout'];

/**
 * Adjusts the reports of a cell whose guest the host did not run: steps that took too long, and complaints about time, then prove nothing. Wrong
 * data, wrong mappings and leaks still do.
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
