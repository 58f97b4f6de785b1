/** How long cells took in earlier runs. */
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { runFolders } from './runs.js';

export interface Earlier {
  /** ms, by the id of the cell. */
  durations: ReadonlyMap<string, number>;
  /** How much time such a run took per ms of its cells, including boots and parallel guests. */
  pace: number | undefined;
}

export const NOTHING_EARLIER: Earlier = { durations: new Map(), pace: undefined };

/** Reading earlier runs must not delay a run. */
const MOST_RUNS = 5;
const MOST_BYTES = 2 ** 24;

const Result = z.object({
  run: z.object({ host: z.object({ accelerator: z.string() }) }),
  cells: z.array(
    z.object({ id: z.string(), duration_ms: z.number(), started: z.string().optional(), verdict: z.string() }),
  ),
});
type Done = z.infer<typeof Result>['cells'];

/** From the newest finished runs with the same accelerator. Runs that cannot be read are skipped. */
export async function earlierRuns(runs: string, ids: readonly string[], accelerator: string): Promise<Earlier> {
  const wanted = new Set(ids);
  const durations = new Map<string, number>();
  let pace: number | undefined;
  for (const folder of runFolders(runs).slice(0, MOST_RUNS)) {
    if (durations.size === wanted.size) break;
    const result = await resultIn(folder);
    if (result?.run.host.accelerator !== accelerator) continue;
    const done = result.cells.filter(
      ({ id, verdict, duration_ms }) => wanted.has(id) && verdict !== 'lost' && duration_ms > 0,
    );
    for (const { id, duration_ms } of done) if (!durations.has(id)) durations.set(id, duration_ms);
    pace ??= paceOf(done);
  }
  return { durations, pace };
}

/** A run of one cell does not show the time between cells. */
function paceOf(cells: Done): number | undefined {
  const spans = cells.flatMap(({ started, duration_ms }) => {
    const from = Date.parse(started ?? '');
    return Number.isNaN(from) ? [] : [{ from, to: from + duration_ms, duration_ms }];
  });
  if (spans.length < 2) return undefined;
  const [from, to] = spans.reduce(
    ([first, last], span) => [Math.min(first, span.from), Math.max(last, span.to)],
    [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY],
  );
  return (to - from) / spans.reduce((sum, { duration_ms }) => sum + duration_ms, 0);
}

async function resultIn(folder: string): Promise<z.infer<typeof Result> | undefined> {
  try {
    const file = join(folder, 'result.json');
    if ((await stat(file)).size > MOST_BYTES) return undefined;
    return Result.safeParse(JSON.parse(await readFile(file, 'utf8'))).data;
  } catch {
    return undefined;
  }
}
