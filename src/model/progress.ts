/** A long build step or download. It is shown as progress but not recorded. `id` distinguishes steps of the same name. */
export type Progress =
  /** `usual_ms`: how long it took here before, if known. */
  | { type: 'step-start'; id: string; step: string; usual_ms?: number }
  | { type: 'step-progress'; id: string; done: number; total: number; unit: 'bytes' | 'packages' | 'files' }
  | { type: 'step-end'; id: string; step: string; ms: number; cached: boolean }
  | { type: 'step-failed'; id: string }
  /** Why the next steps take long. */
  | { type: 'note'; text: string }
  | { type: 'warning'; text: string };

export type Emit<E> = (event: E) => void;
