import {
  couldNotLook,
  type Metric,
  type Objection,
  type ObjectionOf,
  type OracleReport,
  objects,
  passes,
  type Subtest,
  withKernelFindings,
} from '../../model/index.js';
import type { Counters, DataClaim, Provoked, Watch } from '../../oracle/index.js';

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
  /** Tests that the workload ran, each with its own result. */
  subtests?: readonly Subtest[];
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
  uncounted?: { from: Counters; to: Counters };
}

export function done(detail: string): OracleReport {
  return passes('workload', detail);
}

/** What a step of a workload was found to do wrong. */
export type Wrong = ObjectionOf<'workload'>;

/** What is wrong, apart: in what is under test, and in the kernel's own path beside it. */
export interface Sides {
  ours: Wrong[];
  kernel: Wrong[];
}

/** `fine`: what there is to say if ours is right. */
export function judged({ ours, kernel }: Sides, fine: string): OracleReport {
  return withKernelFindings(ours.length > 0 ? failed(...ours) : done(fine), kernel);
}

export function failed(...wrong: Wrong[]): OracleReport {
  return objects('workload', wrong);
}

export function inconclusive(code: Wrong['code'], detail: string): OracleReport {
  return couldNotLook('workload', [{ code, detail }]);
}

/** The same of one of several: its name goes before the words. */
export function named<T extends Objection>(name: string, objection: T): T {
  return { ...objection, detail: `${name}: ${objection.detail}` };
}

/** A call that ended otherwise than is due: `got` and `due` are errnos, or undefined for success. */
export function otherOutcome(
  detail: string,
  got: string | undefined,
  due: string | undefined,
  where: Wrong['where'] = {},
): Wrong {
  const code = got === undefined ? 'not-refused' : due === undefined ? 'refused-unduly' : 'wrong-errno';
  return { code, detail, where: { ...where, ...(got !== undefined && { errno: got }) } };
}
