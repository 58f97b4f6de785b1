import type { Metric, OracleReport } from '../../model/index.js';
import type { DataClaim, Provoked, Snapshot, Watch } from '../../oracle/index.js';

/** What a workload leaves for the oracles. It judges nothing itself except its own steps. */
export interface WorkloadResult {
  workload: OracleReport;
  /** `undefined`: the workload moves no data. */
  data?: DataClaim[];
  /**
   * Only if the workload brings its own translation check instead of the watch on submissions. `nothing`: what it measures is not
   * ours, so that there is nothing to look at.
   */
  translation?: OracleReport | 'nothing';
  metrics: Metric[];
  /** What the watch on submissions saw, if the workload ended it. */
  watch?: Watch | undefined;
  /** Bytes that phyr_nvme has moved at least, if the workload got to its end: the watch must have seen them. */
  moved?: number;
  /** Lines that this workload makes a sound kernel write, which would otherwise be an objection. */
  expectedLog?: readonly RegExp[];
  /** The one report that the kernel's own checks must make of what this workload did. */
  dueLog?: RegExp;
  /** Faults that this workload provokes: these and no others are due. */
  provoked?: readonly Provoked[];
  /** A part of the workload that ran uncounted, because counting costs: the counters on both sides of it. */
  uncounted?: { from: Snapshot; to: Snapshot };
}

export function done(detail: string): OracleReport {
  return { name: 'workload', verdict: 'pass', detail };
}

/** What is wrong, apart: in what is under test, and in the kernel's own path beside it. `fine`: what there is to say if ours is right. */
export function judged({ ours, kernel }: Record<'ours' | 'kernel', readonly string[]>, fine: string): OracleReport {
  const report = ours.length > 0 ? failed(ours.join('; ')) : done(fine);
  return kernel.length > 0 ? { ...report, kernel: [...kernel] } : report;
}

export function failed(detail: string): OracleReport {
  return { name: 'workload', verdict: 'fail', detail };
}

export function inconclusive(detail: string): OracleReport {
  return { name: 'workload', verdict: 'inconclusive', detail };
}
