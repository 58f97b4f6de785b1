/**
 * Everything that happens in a run, as one discriminated union. `run/` emits these events, and reports only consume them. All reports can be
 * made again from a run's file of events.
 */
import { z } from 'zod';
import { CellParts, CellRecord, PrunedCell, partsOfId, RunRecord, ShortLine } from '../model/index.js';
import { Cell } from './cell.js';

const at = z.string();

/** Up to schema 3 only the id. */
const Elsewhere = z.preprocess((cell) => (typeof cell === 'string' ? partsOfId(cell) : cell), CellParts);

export const RunEvent = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('run-start'),
    at,
    run: RunRecord,
    cells: z.array(Cell),
    pruned: z.array(PrunedCell),
    /** In a shard: the cells of the other shards. */
    elsewhere: z.array(Elsewhere).exactOptional(),
  }),
  z.strictObject({
    type: z.literal('boot-start'),
    at,
    boot: z.number(),
    machine: z.string(),
    topology: z.string(),
    cells: z.array(z.string()),
  }),
  z.strictObject({
    type: z.literal('boot-ready'),
    at,
    boot: z.number(),
    ms: z.number(),
    /** It was restored from a snapshot. */
    restored: z.boolean().exactOptional(),
  }),
  z.strictObject({ type: z.literal('boot-end'), at, boot: z.number(), reason: ShortLine }),
  z.strictObject({ type: z.literal('cell-start'), at, cell: z.string(), boot: z.number() }),
  z.strictObject({ type: z.literal('cell-step'), at, cell: z.string(), step: z.string() }),
  /** The cell was lost and will be retried. */
  z.strictObject({ type: z.literal('cell-retry'), at, record: CellRecord }),
  z.strictObject({ type: z.literal('cell-end'), at, record: CellRecord }),
  z.strictObject({ type: z.literal('notice'), at, level: z.enum(['info', 'warning']), text: ShortLine }),
  z.strictObject({ type: z.literal('run-end'), at, exitCode: z.number(), interrupted: z.boolean() }),
]);
export type RunEvent = z.infer<typeof RunEvent>;
