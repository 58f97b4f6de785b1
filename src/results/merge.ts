/**
 * Merges the shards of a run into one run: their events in sequence, and lost cells for what a shard that died or is missing has left undone.
 */
import {
  type CellParts,
  type CellRecord,
  type Shard,
  type Unjudged,
  UsageError,
  whyUnfinished,
} from '../model/index.js';
import { partsOf, type RunEvent } from '../workloads/index.js';
import type { EventLog, RunStart } from './events.js';

export interface ShardLog extends EventLog {
  folder: string;
}

export interface Merged {
  start: RunStart;
  events: RunEvent[];
  /** Folders of evidence, and their places in the folder of the merged run. */
  evidence: { from: string; to: string }[];
}

export interface MergeOptions {
  /** The merged run's. */
  id: string;
  now: string;
  /** The one command that runs exactly this cell again. `declared`: the merged run knows what the cell is. */
  repro: (cellId: string, declared: boolean) => string;
}

/** Refuses shards that do not belong together. Takes each event once. The result has a record for every cell of the plan. */
export function mergeShards(logs: readonly ShardLog[], { id, now, repro }: MergeOptions): Merged {
  const shards = [...logs].sort((a, b) => partOf(a).index - partOf(b).index);
  const [first] = shards;
  if (first === undefined) throw new UsageError('there is nothing to merge');
  for (const other of shards.slice(1)) refuseStranger(first, other);
  for (const [at, shard] of shards.entries()) {
    const twin = shards[at + 1];
    if (twin !== undefined && partOf(twin).index === partOf(shard).index)
      throw new UsageError(
        `${nameOf(shard)} is given twice: ${shard.folder} and ${twin.folder}`,
        'leave out one of them',
      );
  }

  const { count } = partOf(first);
  const cells = shards.flatMap(({ start }) => start.cells);
  const declared = new Set(cells.map((cell) => cell.id));
  const merged: Merged = {
    start: {
      ...first.start,
      at: now,
      run: runOf(shards, id, now),
      cells,
      pruned: shards.flatMap(({ start }) => start.pruned),
    },
    events: [],
    evidence: [],
  };
  let boots = 0;
  for (const shard of shards) {
    const below = count > 1 ? `shard-${partOf(shard).index}/` : '';
    const move = (record: CellRecord): CellRecord => {
      const moved = <T extends { evidence?: string }>(part: T): T => {
        if (part.evidence === undefined) return part;
        merged.evidence.push({ from: `${shard.folder}/${part.evidence}`, to: below + part.evidence });
        return { ...part, evidence: below + part.evidence };
      };
      const why = whyUnfinished(record);
      return {
        ...moved(record),
        ...(record.earlier && { earlier: record.earlier.map(moved) }),
        ...(why !== undefined && {
          code: 'shard-stopped' as const,
          reason: `${nameOf(shard)} was stopped before this cell's end: ${why}`,
        }),
        repro: repro(record.id, declared.has(record.id)),
      };
    };
    const { events, next } = renumbered(shard.events, boots);
    for (const event of events)
      merged.events.push('record' in event ? { ...event, record: move(event.record) } : event);
    boots = next;
    merged.events.push(...undone(shard, now, repro));
  }

  const absent = missing(shards, count);
  const lost = (first.start.elsewhere ?? []).filter(({ id }) => !declared.has(id));
  const gone =
    absent.length === 1
      ? `shard ${absent[0]}/${count} is missing`
      : `shards ${absent.join(', ')} of ${count} are missing`;
  merged.events.push(
    ...lost.map((cell) => lostCell(cell, { code: 'shard-missing', reason: gone }, now, repro(cell.id, false))),
  );
  if (lost.length > 0) merged.start.elsewhere = lost;
  else delete merged.start.elsewhere;
  return merged;
}

/** A run that is not a shard counts as the only one. */
function partOf({ start }: Pick<ShardLog, 'start'>): Shard {
  return start.run.shard ?? { index: 1, count: 1, plan: '' };
}

function nameOf(shard: ShardLog): string {
  const { index, count } = partOf(shard);
  return count === 1 ? 'the run' : `shard ${index}/${count}`;
}

function refuseStranger(first: ShardLog, other: ShardLog): void {
  const facts = (log: ShardLog): [string, string | number][] => {
    const { run } = log.start;
    return [
      ['number of shards', partOf(log).count],
      ['seed', run.seed],
      ['kernel', `${run.kernel.release} (${run.kernel.key})`],
      ['QEMU', `${run.qemu.version} (${run.qemu.key})`],
      ['root file system', run.rootfs.key],
      ['modules', run.modules.key],
      ['cells', `${run.asked?.words.join(' ') ?? ''} (${partOf(log).plan})`],
    ];
  };
  const theirs = new Map(facts(other));
  for (const [what, value] of facts(first))
    if (theirs.get(what) !== value)
      throw new UsageError(
        `not shards of one run: ${what} ${value} in ${first.folder}, ${theirs.get(what)} in ${other.folder}`,
      );
}

function runOf(shards: readonly ShardLog[], id: string, now: string): RunStart['run'] {
  const runs = shards.map(({ start }) => start.run);
  const { shard: _, ...run } = (shards[0] as ShardLog).start.run;
  return {
    ...run,
    id,
    started: runs.map(({ started }) => started).sort()[0] ?? now,
    // With KVM on some hosts only: then no figure may pass for one of KVM's.
    host: { ...run.host, accelerator: runs.every(({ host }) => host.accelerator === 'kvm') ? 'kvm' : 'tcg' },
    drift: [...new Set(runs.flatMap(({ drift }) => drift))],
  };
}

/** Without the end, because the merged run has its own. `next` is the first unused boot number. */
function renumbered(events: readonly RunEvent[], from: number): { events: RunEvent[]; next: number } {
  let next = from;
  const moved = events.flatMap((event): RunEvent[] => {
    if (event.type === 'run-end') return [];
    if (!('boot' in event)) return [event];
    next = Math.max(next, from + event.boot + 1);
    return [{ ...event, boot: from + event.boot }];
  });
  return { events: moved, next };
}

/** The cells of which a shard has no record. */
function undone(shard: ShardLog, now: string, repro: MergeOptions['repro']): RunEvent[] {
  const ended = new Set(shard.events.flatMap((event) => (event.type === 'cell-end' ? [event.record.id] : [])));
  const last = shard.events.at(-1)?.at ?? shard.start.at;
  const reason = `${nameOf(shard)} died before this cell's end, at ${last} or later`;
  const left = shard.start.cells.filter(({ id }) => !ended.has(id));
  return left.map((cell) => lostCell(partsOf(cell), { code: 'shard-died', reason }, now, repro(cell.id, true)));
}

function missing(shards: readonly ShardLog[], count: number): number[] {
  const there = new Set(shards.map((shard) => partOf(shard).index));
  return Array.from({ length: count }, (_, at) => at + 1).filter((index) => !there.has(index));
}

function lostCell(cell: CellParts, why: Unjudged, at: string, repro: string): RunEvent {
  return {
    type: 'cell-end',
    at,
    record: { ...cell, verdict: 'lost', ...why, oracles: [], metrics: [], duration_ms: 0, repro },
  };
}
