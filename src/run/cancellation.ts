import type { Unjudged } from '../model/index.js';

/** What ends a run early: the user, or a limit that the user set. */
export class Cancellation implements Disposable {
  readonly signal: AbortSignal;
  readonly #own = new AbortController();
  readonly #outer: AbortSignal;
  readonly #timer: NodeJS.Timeout | undefined;
  #why: Unjudged | undefined;

  /** @param limit cancels the run after so many milliseconds; `said` is the limit as the user wrote it */
  constructor(outer: AbortSignal, limit: { ms: number; said: string } | undefined) {
    this.#outer = outer;
    this.signal = AbortSignal.any([outer, this.#own.signal]);
    if (limit !== undefined)
      this.#timer = setTimeout(
        () => this.cancel({ code: 'time-limit', reason: `the time of --max-time ${limit.said} is over` }),
        Math.max(0, limit.ms),
      );
  }

  /** Why the run ends; `undefined` while it goes on. */
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
