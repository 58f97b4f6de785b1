/**
 * Everything that happens in a run, as one discriminated union. `run/` emits these and nothing else; reports only consume them.
 */

import type { CellRecord, RunRecord } from './record.js';
import type { Cell, PrunedCell } from './words.js';

export type RunEvent =
  | { type: 'run-start'; at: string; run: RunRecord; cells: readonly Cell[]; pruned: readonly PrunedCell[] }
  | { type: 'boot-start'; at: string; boot: number; machine: string; topology: string; cells: readonly string[] }
  | { type: 'boot-ready'; at: string; boot: number; ms: number }
  | { type: 'boot-end'; at: string; boot: number; reason: string }
  | { type: 'cell-start'; at: string; cell: string; boot: number }
  | { type: 'cell-step'; at: string; cell: string; step: string }
  | { type: 'cell-end'; at: string; record: CellRecord }
  | { type: 'notice'; at: string; level: 'info' | 'warning'; text: string }
  | { type: 'run-end'; at: string; exitCode: number; interrupted: boolean };

/** A long step of building or fetching: shown as progress, not recorded. */
export type Progress =
  | { type: 'step-start'; step: string }
  | { type: 'step-progress'; step: string; done: number; total: number; unit: 'bytes' | 'packages' | 'files' }
  | { type: 'step-end'; step: string; ms: number; cached: boolean }
  | { type: 'warning'; text: string };

export type Emit<E> = (event: E) => void;
