/** A long step of building or fetching: shown as progress, not recorded. */
export type Progress =
  | { type: 'step-start'; step: string }
  | { type: 'step-progress'; step: string; done: number; total: number; unit: 'bytes' | 'packages' | 'files' }
  | { type: 'step-end'; step: string; ms: number; cached: boolean }
  /** Why what follows takes as long as it does. */
  | { type: 'note'; text: string }
  | { type: 'warning'; text: string };

export type Emit<E> = (event: E) => void;
