/** Cells that are to find out whether modules are broken: tried in their order, until one fails. */
import { type CellRecord, isGood } from '../model/index.js';
import { guestOf } from '../plan/index.js';
import type { Cell } from '../workloads/index.js';
import { executeRun, type RunOptions } from './run.js';

export interface Tried {
  /** The first that failed. */
  failed?: CellRecord;
  /** The first that did not end in its time. What its oracles would have said is not known then. */
  stuck?: { id: string; ms: number };
  /** Those that ended as they should. */
  passed: string[];
  /** Those that did not come to a verdict. */
  unjudged: CellRecord[];
}

export type TrialOptions = Omit<RunOptions, 'plan' | 'failFast' | 'limit' | 'keep' | 'firstBoot' | 'coverage'> & {
  /** How long a cell may take, its guest being there; its own deadlines can be far longer. */
  limitMs: (cellId: string) => number;
};

/** One guest after the other: that of the first cell, with all cells that can share it, then that of the first that is left. */
export async function tryCells(cells: readonly Cell[], { limitMs, ...options }: TrialOptions): Promise<Tried> {
  const guests = new Map<string, Cell[]>();
  for (const cell of cells) guests.set(guestOf(cell), [...(guests.get(guestOf(cell)) ?? []), cell]);
  const tried: Tried = { passed: [], unjudged: [] };
  const stop = new AbortController();
  const signal = AbortSignal.any([options.signal, stop.signal]);
  let timer: NodeJS.Timeout | undefined;
  const emit: RunOptions['emit'] = (event) => {
    options.emit(event);
    if (event.type === 'cell-start') {
      const ms = limitMs(event.cell);
      timer = setTimeout(() => {
        tried.stuck = { id: event.cell, ms };
        stop.abort(new Error(`${event.cell} did not end within ${ms} ms`));
      }, ms);
    } else if (event.type === 'cell-end' || event.type === 'cell-retry' || event.type === 'boot-end')
      clearTimeout(timer);
  };
  let firstBoot = 0;
  for (const shared of guests.values()) {
    const plan = { cells: shared, pruned: [], omitted: 0 };
    const records = await executeRun({
      ...options,
      plan,
      emit,
      signal,
      firstBoot: firstBoot++,
      failFast: true,
      keep: false,
    });
    clearTimeout(timer);
    options.signal.throwIfAborted();
    const failed = records.find(({ verdict }) => verdict === 'fail');
    for (const record of records) {
      if (isGood(record.verdict)) tried.passed.push(record.id);
      else if (record.verdict !== 'fail' && record.code !== 'fail-fast' && !stop.signal.aborted)
        tried.unjudged.push(record);
    }
    if (failed !== undefined) return { ...tried, failed };
    if (tried.stuck !== undefined) return tried;
  }
  return tried;
}
