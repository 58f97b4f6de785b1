/**
 * Everything that happens in a run, as one discriminated union. `run/` emits these and nothing else; reports only consume them.
 * A run's file of events says all that its reports say, so that they can be made again from it.
 */
import { z } from 'zod';
import { CellParts, CellRecord, PrunedCell, partsOfId, RunRecord, ShortLine } from '../model/index.js';
import { Cell } from './cell.js';

const at = z.string();

/** Up to schema 3 the id alone. */
const Elsewhere = z.preprocess((cell) => (typeof cell === 'string' ? partsOfId(cell) : cell), CellParts);

export const RunEvent = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('run-start'),
    at,
    run: RunRecord,
    cells: z.array(Cell),
    pruned: z.array(PrunedCell),
    /** In a shard: the cells that are left to the others. */
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
    /** It went on from a state that was kept. */
    restored: z.boolean().exactOptional(),
  }),
  z.strictObject({ type: z.literal('boot-end'), at, boot: z.number(), reason: ShortLine }),
  z.strictObject({ type: z.literal('cell-start'), at, cell: z.string(), boot: z.number() }),
  z.strictObject({ type: z.literal('cell-step'), at, cell: z.string(), step: z.string() }),
  /** The cell was lost, and is tried again. */
  z.strictObject({ type: z.literal('cell-retry'), at, record: CellRecord }),
  z.strictObject({ type: z.literal('cell-end'), at, record: CellRecord }),
  z.strictObject({ type: z.literal('notice'), at, level: z.enum(['info', 'warning']), text: ShortLine }),
  z.strictObject({ type: z.literal('run-end'), at, exitCode: z.number(), interrupted: z.boolean() }),
]);
export type RunEvent = z.infer<typeof RunEvent>;
