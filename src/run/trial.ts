/** Cells that are to find out whether modules are broken: tried in their order, until one fails. */
import { type CellRecord, isGood } from '../model/index.js';
import { guestOf } from '../plan/index.js';
import type { Cell } from '../workloads/index.js';
import { executeRun, type RunOptions } from './run.js';

export interface Tried {
  /** The first that failed. */
  failed?: CellRecord;
  /** Those that ended as they should. */
  passed: string[];
  /** Those that did not come to a verdict. */
  unjudged: CellRecord[];
}

export type TrialOptions = Omit<RunOptions, 'plan' | 'failFast' | 'limit' | 'keep' | 'firstBoot' | 'coverage'>;

/** One guest after the other: that of the first cell, with all cells that can share it, then that of the first that is left. */
export async function tryCells(cells: readonly Cell[], options: TrialOptions): Promise<Tried> {
  const guests = new Map<string, Cell[]>();
  for (const cell of cells) guests.set(guestOf(cell), [...(guests.get(guestOf(cell)) ?? []), cell]);
  const tried: Tried = { passed: [], unjudged: [] };
  let firstBoot = 0;
  for (const shared of guests.values()) {
    const plan = { cells: shared, pruned: [], omitted: 0 };
    const records = await executeRun({ ...options, plan, firstBoot: firstBoot++, failFast: true, keep: false });
    options.signal.throwIfAborted();
    const failed = records.find(({ verdict }) => verdict === 'fail');
    for (const record of records) {
      if (isGood(record.verdict)) tried.passed.push(record.id);
      else if (record.verdict !== 'fail' && record.code !== 'fail-fast') tried.unjudged.push(record);
    }
    if (failed !== undefined) return { ...tried, failed };
  }
  return tried;
}
