/**
 * Everything that happens in a run, as one discriminated union. `run/` emits these and nothing else; reports only consume them.
 * A run's file of events says all that its reports say, so that they can be made again from it.
 */
import { z } from 'zod';
import { CellRecord, RunRecord } from './record.js';
import { Told } from './told.js';
import { Cell, PrunedCell } from './words.js';

const at = z.string();

export const RunEvent = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('run-start'),
    at,
    run: RunRecord,
    cells: z.array(Cell),
    pruned: z.array(PrunedCell),
    /** In a shard: the cells that are left to the others. */
    elsewhere: z.array(z.string()).exactOptional(),
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
  z.strictObject({ type: z.literal('boot-end'), at, boot: z.number(), reason: Told }),
  z.strictObject({ type: z.literal('cell-start'), at, cell: z.string(), boot: z.number() }),
  z.strictObject({ type: z.literal('cell-step'), at, cell: z.string(), step: z.string() }),
  /** The cell was lost, and is tried again. */
  z.strictObject({ type: z.literal('cell-retry'), at, record: CellRecord }),
  z.strictObject({ type: z.literal('cell-end'), at, record: CellRecord }),
  z.strictObject({ type: z.literal('notice'), at, level: z.enum(['info', 'warning']), text: Told }),
  z.strictObject({ type: z.literal('run-end'), at, exitCode: z.number(), interrupted: z.boolean() }),
]);
export type RunEvent = z.infer<typeof RunEvent>;

/** A long step of building or fetching: shown as progress, not recorded. */
export type Progress =
  | { type: 'step-start'; step: string }
  | { type: 'step-progress'; step: string; done: number; total: number; unit: 'bytes' | 'packages' | 'files' }
  | { type: 'step-end'; step: string; ms: number; cached: boolean }
  /** Why what follows takes as long as it does. */
  | { type: 'note'; text: string }
  | { type: 'warning'; text: string };

export type Emit<E> = (event: E) => void;
