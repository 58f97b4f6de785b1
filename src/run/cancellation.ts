import type { Unjudged } from '../model/index.js';

/** What ends a run early: the user, or a limit that was set for it. */
export class Cancellation implements Disposable {
  readonly signal: AbortSignal;
  readonly #own = new AbortController();
  readonly #outer: AbortSignal;
  readonly #timer: NodeJS.Timeout | undefined;
  #why: Unjudged | undefined;

  /** @param limit the run is cancelled after so many milliseconds; `said` is what the user asked for. */
  constructor(outer: AbortSignal, limit: { ms: number; said: string } | undefined) {
    this.#outer = outer;
    this.signal = AbortSignal.any([outer, this.#own.signal]);
    if (limit !== undefined)
      this.#timer = setTimeout(
        () => this.cancel({ code: 'time-limit', reason: `--max-time ${limit.said} was over` }),
        Math.max(0, limit.ms),
      );
  }

  /** Why the run is to end; `undefined` while it may go on. */
  get why(): Unjudged | undefined {
    return this.#why ?? (this.#outer.aborted ? { code: 'interrupted', reason: 'interrupted' } : undefined);
  }

  cancel(why: Unjudged): void {
    if (this.why !== undefined) return;
    this.#why = why;
    this.#own.abort(new Error(why.reason));
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
  }
}
