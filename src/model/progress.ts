/** A long step of building or fetching: shown as progress, not recorded. `id` sets apart what is made under the same name. */
export type Progress =
  /** `usual_ms`: how long it took here before, where that is known. */
  | { type: 'step-start'; id: string; step: string; usual_ms?: number }
  | { type: 'step-progress'; id: string; done: number; total: number; unit: 'bytes' | 'packages' | 'files' }
  | { type: 'step-end'; id: string; step: string; ms: number; cached: boolean }
  | { type: 'step-failed'; id: string }
  /** Why what follows takes as long as it does. */
  | { type: 'note'; text: string }
  | { type: 'warning'; text: string };

export type Emit<E> = (event: E) => void;
