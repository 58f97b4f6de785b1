/** Reads a run from its folder, whether it finished, was interrupted, or is still running. */

import { type CellRecord, type RunRecord, UsageError } from '../model/index.js';
import type { Cell } from '../workloads/index.js';
import { readEvents } from './events.js';

export interface RecordedRun {
  folder: string;
  run: RunRecord;
  /** `undefined`: the run is still running, or its process was killed. */
  end: { duration_ms: number; interrupted: boolean } | undefined;
  /** Of the cells that have ended. */
  cells: CellRecord[];
  /** The planned cells, by id. */
  declared: Map<string, Cell>;
  /** How many cells of the plan belong to other shards. */
  elsewhere: number;
  notices: string[];
}

/** The records in the order of the plan, which does not depend on the guests' speed. */
export function inOrder(records: ReadonlyMap<string, CellRecord>, planned: readonly Cell[]): CellRecord[] {
  const known = new Set(planned.map(({ id }) => id));
  const others = [...records.values()].filter(({ id }) => !known.has(id));
  return [...planned.flatMap(({ id }) => records.get(id) ?? []), ...others];
}

export async function readRun(folder: string): Promise<RecordedRun> {
  const log = await readEvents(folder);
  if (log === undefined) throw new UsageError(`${folder} holds no run`, 'it ended before anything was started');
  const { start, events } = log;
  const records = new Map<string, CellRecord>();
  const notices: string[] = [];
  let end: RecordedRun['end'];
  for (const event of events) {
    if (event.type === 'cell-end') records.set(event.record.id, event.record);
    else if (event.type === 'notice') notices.push(event.text);
    else if (event.type === 'run-end') {
      end = { duration_ms: Date.parse(event.at) - Date.parse(start.run.started), interrupted: event.interrupted };
    }
  }
  return {
    folder,
    run: start.run,
    end,
    cells: inOrder(records, start.cells),
    declared: new Map(start.cells.map((cell) => [cell.id, cell])),
    elsewhere: start.elsewhere?.length ?? 0,
    notices,
  };
}
