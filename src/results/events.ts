/** Reads the events of a run from its folder, as far as they were written. */
import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { UsageError, whyUnfinished } from '../model/index.js';
import { partsOf, RunEvent } from '../workloads/index.js';

export const EVENTS = 'events.jsonl';

export type RunStart = Extract<RunEvent, { type: 'run-start' }>;

export interface EventLog {
  start: RunStart;
  /** All later events. */
  events: RunEvent[];
  /** Bytes of complete lines. A killed writer may leave an incomplete one after them. */
  bytes: number;
}

/** `undefined`: the run ended before its first event was written. */
export async function readEvents(folder: string): Promise<EventLog | undefined> {
  const file = join(folder, EVENTS);
  const text = await readFile(file, 'utf8');
  const whole = text.slice(0, text.lastIndexOf('\n') + 1);
  const lines = whole.split('\n').slice(0, -1);
  const [start, ...events] = lines.map((line, at) => parse(line, `${file}, line ${at + 1}`));
  if (start === undefined) return undefined;
  if (start.type !== 'run-start') throw new UsageError(`${file} does not begin with the start of a run`);
  return { start, events: withKinds(start, events), bytes: Buffer.byteLength(whole) };
}

/** Records up to schema 3 lack the kind of their workload, which the start of the run has. */
function withKinds({ cells }: RunStart, events: readonly RunEvent[]): RunEvent[] {
  const parts = new Map(cells.map((cell) => [cell.id, partsOf(cell)]));
  return events.map((event) =>
    'record' in event && event.record.kind === undefined
      ? { ...event, record: { ...event.record, ...parts.get(event.record.id) } }
      : event,
  );
}

/** In characters: room for the thousands of cells of a nightly run with their declarations. */
const LONGEST_START = 256 << 20;

/** Reads the first event of a run only. */
export async function readStart(folder: string): Promise<RunStart | undefined> {
  const file = join(folder, EVENTS);
  let line = '';
  for await (const chunk of createReadStream(file, { encoding: 'utf8', highWaterMark: 1 << 20 })) {
    const end = chunk.indexOf('\n');
    line += end < 0 ? chunk : chunk.slice(0, end);
    if (line.length > LONGEST_START) throw new Error(`${file}: its first line is too long`);
    if (end < 0) continue;
    const start = parse(line, `${file}, line 1`);
    return start.type === 'run-start' ? start : undefined;
  }
  return undefined;
}

export interface Left {
  /** The final event of each cell that finished. */
  done: Extract<RunEvent, { type: 'cell-end' }>[];
  cells: RunStart['cells'];
  /** The first unused boot number. */
  firstBoot: number;
}

/** What an interrupted run still has to do. Cells that were running, or were stopped before their end, run again. */
export function whatIsLeft({ start, events }: Pick<EventLog, 'start' | 'events'>): Left {
  const done = new Map<string, Left['done'][number]>();
  let firstBoot = 0;
  for (const event of events) {
    if ('boot' in event) firstBoot = Math.max(firstBoot, event.boot + 1);
    if (event.type === 'cell-end' && whyUnfinished(event.record) === undefined) done.set(event.record.id, event);
  }
  return { done: [...done.values()], cells: start.cells.filter(({ id }) => !done.has(id)), firstBoot };
}

function parse(line: string, where: string): RunEvent {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    throw new UsageError(`${where}: not JSON`, 'the file was changed after it was written');
  }
  const parsed = RunEvent.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new UsageError(
    `${where}: not an event at '${issue?.path.join('.') ?? ''}': ${issue?.message}`,
    'another version of phyrlab wrote it: use that one',
  );
}
