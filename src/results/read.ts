/** A run read back from its folder, whether it ended, was interrupted, or is still going on. */
import { createReadStream, existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { z } from 'zod';
import { Cell, CellRecord, describe, RunRecord, RunResult, UsageError } from '../model/index.js';
import { EVENTS } from './events.js';
import { runFolders } from './runs.js';

export interface RecordedRun {
  folder: string;
  run: RunRecord;
  /** `undefined`: the run has no end yet, or its process was killed. */
  end: { duration_ms: number; interrupted: boolean } | undefined;
  cells: CellRecord[];
  /** What the cells are, by id. Those of a run that another version of phyrlab made may be missing. */
  declared: Map<string, Cell>;
  /** Where each cell that was begun ran: the number of its boot, and the mark by which the guest's console begins with it. */
  places: Map<string, { boot: number; mark: string | undefined }>;
  notices: string[];
}

/** The folder of a run: its path, its id or the beginning of it; without a word the newest. */
export function findRun(runs: string, word?: string): string {
  if (word?.includes('/') && existsSync(join(word, EVENTS))) return resolve(word);
  const ids = runFolders(runs).map((folder) => basename(folder));
  const [newest] = ids;
  if (newest === undefined) {
    throw new UsageError(
      `there is no run in ${runs}`,
      'phyrlab run makes one; --runs DIR names another folder of runs',
    );
  }
  if (word === undefined) return join(runs, newest);
  const found = ids.includes(word) ? [word] : ids.filter((id) => id.startsWith(word));
  const [id] = found;
  if (id === undefined || word === '')
    throw new UsageError(`no run in ${runs} is called '${word}'`, `the newest is ${newest}`);
  if (found.length > 1) throw new UsageError(`'${word}' begins ${found.length} runs`, `name one, e.g. ${found[0]}`);
  return join(runs, id);
}

const Start = z.object({ run: RunRecord, cells: z.array(z.unknown()) });
const Step = z.object({ cell: z.string(), step: z.string() });
const CellStart = z.object({ cell: z.string(), boot: z.number() });
const CellEnd = z.object({ record: CellRecord });
const Notice = z.object({ text: z.string() });

export async function readRun(folder: string): Promise<RecordedRun> {
  const read: Omit<RecordedRun, 'run' | 'end'> & { run?: RunRecord } = {
    folder,
    cells: [],
    declared: new Map(),
    places: new Map(),
    notices: [],
  };
  await forEachEvent(join(folder, EVENTS), (event) => take(read, event));
  const result = await readResult(join(folder, 'result.json'));
  const run = result?.run ?? read.run;
  if (run === undefined) throw new UsageError(`${folder} holds no run`, `its ${EVENTS} does not say what was started`);
  const { duration_ms, interrupted } = result?.run ?? {};
  return {
    ...read,
    run,
    end: duration_ms === undefined || interrupted === undefined ? undefined : { duration_ms, interrupted },
    // A run that goes on after its end, e.g. a Ctrl-C, runs a cell again that had been kept from its end.
    cells: result?.cells ?? [...new Map(read.cells.map((record) => [record.id, record])).values()],
  };
}

function take(read: Omit<RecordedRun, 'run' | 'end'> & { run?: RunRecord }, { type, ...event }: Event): void {
  switch (type) {
    case 'run-start': {
      const { run, cells } = Start.parse(event);
      read.run = run;
      for (const one of cells) {
        const cell = Cell.safeParse(one);
        if (cell.success) read.declared.set(cell.data.id, cell.data);
      }
      break;
    }
    case 'cell-start': {
      const { cell, boot } = CellStart.parse(event);
      read.places.set(cell, { boot, mark: undefined });
      break;
    }
    case 'cell-step': {
      const { cell, step } = Step.parse(event);
      const place = read.places.get(cell);
      if (place !== undefined) place.mark ??= /\bbegin-([0-9a-f]+)/.exec(step)?.[1];
      break;
    }
    case 'cell-end':
      read.cells.push(CellEnd.parse(event).record);
      break;
    case 'notice':
      read.notices.push(Notice.parse(event).text);
      break;
  }
}

const Event = z.looseObject({ type: z.string() });
type Event = z.infer<typeof Event>;

/** Line by line: a nightly has a hundred thousand. The last one may be torn, if the process was killed. */
async function forEachEvent(path: string, use: (event: Event) => void): Promise<void> {
  const lines = createInterface({ input: createReadStream(path), crlfDelay: Number.POSITIVE_INFINITY });
  let number = 0;
  let bad: string | undefined;
  for await (const line of lines) {
    if (bad !== undefined) throw new UsageError(`a run that cannot be read: ${path}, ${bad}`);
    number++;
    try {
      use(Event.parse(JSON.parse(line)));
    } catch (error) {
      bad = `line ${number}: ${describe(error).split('\n')[0]}`;
    }
  }
}

async function readResult(path: string): Promise<RunResult | undefined> {
  if (!existsSync(path)) return undefined;
  const result = RunResult.safeParse(jsonOf(await readFile(path, 'utf8')));
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw new UsageError(
    `${path} is not a result that this phyrlab reads: ${issue?.path.join('.')}: ${issue?.message}`,
    `was ${basename(path)} written by another version?`,
  );
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
