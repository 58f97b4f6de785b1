import {
  couldNotLook,
  type DriverUse,
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

/** What a workload returns for the oracles. It judges only its own steps. */
export interface WorkloadResult {
  workload: OracleReport;
  /** `undefined`: the workload moves no data. */
  data?: DataClaim[];
  /**
   * A translation check of the workload's own, which replaces the watch on submissions. `nothing`: it does not use our code, so there is nothing
   * to look at.
   */
  translation?: OracleReport | 'nothing';
  metrics: Metric[];
  /** Tests that the workload ran, each with its own result. */
  subtests?: readonly Subtest[];
  /** What the watch on submissions saw, if the workload ended it. */
  watch?: Watch | undefined;
  /** The least number of bytes that phyr_nvme has moved, if the workload finished. The watch must have seen them. */
  moved?: number;
  /** What the driver must have done, or the cell has not tested what it is for. */
  uses?: readonly DriverUse[];
  /** Lines that this workload makes a correct kernel log, which are not objected to. */
  expectedLog?: readonly RegExp[];
  /** The report that the kernel's own checks must make about what this workload did. */
  dueLog?: RegExp;
  /** The faults that this workload provokes. Only these are expected. */
  provoked?: readonly Provoked[];
  /** The counters before and after a part of the workload that ran without counting, because counting costs time. */
  uncounted?: { from: Counters; to: Counters };
}

export function done(detail: string): OracleReport {
  return passes('workload', detail);
}

/** What a step of a workload did wrong. */
export type Wrong = ObjectionOf<'workload'>;

/** What is wrong in the code under test, and in the kernel's own code. */
export interface Sides {
  ours: Wrong[];
  kernel: Wrong[];
}

/** @param fine what to report if ours is right */
export function judged({ ours, kernel }: Sides, fine: string): OracleReport {
  return withKernelFindings(ours.length > 0 ? failed(...ours) : done(fine), kernel);
}

export function failed(...wrong: Wrong[]): OracleReport {
  return objects('workload', wrong);
}

export function inconclusive(code: Wrong['code'], detail: string): OracleReport {
  return couldNotLook('workload', [{ code, detail }]);
}

/** Prefixes the objection's text with a name. */
export function named<T extends Objection>(name: string, objection: T): T {
  return { ...objection, detail: `${name}: ${objection.detail}` };
}

/** A call with the wrong outcome. `got` and `due` are errnos, or undefined for success. */
export function otherOutcome(
  detail: string,
  got: string | undefined,
  due: string | undefined,
  where: Wrong['where'] = {},
): Wrong {
  const code = got === undefined ? 'not-refused' : due === undefined ? 'refused-unduly' : 'wrong-errno';
  return { code, detail, where: { ...where, ...(got !== undefined && { errno: got }) } };
}
