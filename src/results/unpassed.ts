/** What has not passed: the last word on each cell, over all runs that are there. */
import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import {
  isGood,
  LineSplitter,
  type RunRecord,
  UnjudgedCode,
  UsageError,
  Verdict,
  whyUnfinished,
  withCode,
} from '../model/index.js';
import type { Cell } from '../workloads/index.js';
import { EVENTS, readStart } from './events.js';
import { runFolders } from './runs.js';

export interface Unpassed {
  /** The newest run that had them. */
  run: RunRecord;
  failed: Cell[];
  /** Not run to their end: the run was killed, told to end, or is still going on. */
  unfinished: Cell[];
}

/** Older runs are not looked at. */
const MOST_RUNS = 200;

/** Newest run first; of runs without anything on the list there is none. A cell is on it until it has passed on that kernel and QEMU. */
export async function notPassed(runs: string): Promise<Unpassed[]> {
  const folders = runFolders(runs);
  if (folders.length === 0)
    throw new UsageError(
      `there is no run in ${runs}`,
      'phyrlab run makes one; --runs DIR names another folder of runs',
    );
  const known = new Set<string>();
  const found: Unpassed[] = [];
  for (const folder of folders.slice(0, MOST_RUNS)) {
    // What another version wrote, or a run that had not begun, says nothing.
    const start = await readStart(folder).catch(() => undefined);
    if (start === undefined) continue;
    const verdicts = await lastWords(join(folder, EVENTS));
    const one: Unpassed = { run: start.run, failed: [], unfinished: [] };
    for (const cell of start.cells) {
      const verdict = verdicts.get(cell.id);
      const key = [cell.id, start.run.asked?.kernel, start.run.asked?.qemu].join('\n');
      if (verdict === 'skip' || known.has(key)) continue;
      known.add(key);
      if (verdict === undefined) one.unfinished.push(cell);
      else if (!isGood(verdict)) one.failed.push(cell);
    }
    if (one.failed.length + one.unfinished.length > 0) found.push(one);
  }
  return found;
}

const End = z.object({
  record: z.preprocess(
    withCode,
    z.object({ id: z.string(), verdict: Verdict, code: UnjudgedCode.exactOptional(), reason: z.string() }),
  ),
});

/** Characters. The end of a cell is some tens of thousands with all that its oracles and measurements say; what is longer is not of ours. */
const LONGEST_LINE = 16 << 20;

/** The verdicts of those cells that were run to their end. Of a long run most lines are steps, which are not parsed. */
async function lastWords(file: string): Promise<Map<string, Verdict>> {
  const verdicts = new Map<string, Verdict>();
  const lines = new LineSplitter(
    (line) => {
      if (!line.startsWith('{"type":"cell-end"')) return;
      const end = End.safeParse(json(line));
      if (end.success && whyUnfinished(end.data.record) === undefined)
        verdicts.set(end.data.record.id, end.data.record.verdict);
    },
    { longest: LONGEST_LINE },
  );
  for await (const chunk of createReadStream(file)) lines.push(chunk);
  lines.end();
  return verdicts;
}

/** A writer that was killed leaves part of a line. */
function json(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
