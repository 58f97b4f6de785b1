/** The events of a run, read back from its folder as far as they were written. */
import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { UsageError, whyUnfinished } from '../model/index.js';
import { partsOf, RunEvent } from '../workloads/index.js';

export const EVENTS = 'events.jsonl';

export type RunStart = Extract<RunEvent, { type: 'run-start' }>;

export interface EventLog {
  start: RunStart;
  /** All that follow. */
  events: RunEvent[];
  /** Bytes of the file that are whole lines: a writer that was killed leaves part of one behind them. */
  bytes: number;
}

/** What there is to read; `undefined` if the run ended before its first event was written. */
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

/** Records up to schema 3 do not say of what kind their workload is; the start of the run does. */
function withKinds({ cells }: RunStart, events: readonly RunEvent[]): RunEvent[] {
  const parts = new Map(cells.map((cell) => [cell.id, partsOf(cell)]));
  return events.map((event) =>
    'record' in event && event.record.kind === undefined
      ? { ...event, record: { ...event.record, ...parts.get(event.record.id) } }
      : event,
  );
}

/** Characters: a night's thousands of cells with all that they are made of. */
const LONGEST_START = 256 << 20;

/** How a run began, without reading what followed. */
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
  /** The last word on each cell that was run to its end. */
  done: Extract<RunEvent, { type: 'cell-end' }>[];
  cells: RunStart['cells'];
  /** A number that no boot has had. */
  firstBoot: number;
}

/** What a run that ended early has still to do: a cell that was only kept from its end, or was in flight, has not been run. */
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
