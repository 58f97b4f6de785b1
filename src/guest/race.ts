/**
 * Waits for a guest: until the operation ends, the guest dies, the deadline passes or the caller aborts, whichever
 * comes first.
 */
import type { Pace } from '../host/index.js';
import { type GuestDied, InfraError, onAbort } from '../model/index.js';

export interface Limits {
  died: Promise<GuestDied>;
  signal: AbortSignal;
  /** The guest's own, which counts deadlines. */
  pace: Pace;
  /** Without a deadline there is no time limit. */
  deadlineMs?: number;
  /**
   * The error when the deadline passes; `within` describes the time. If the host stalled the guest, an InfraError is
   * thrown instead.
   */
  late?(within: string): Error;
}

const DEATH_NEWS_MS = 500;

/** The signal that `work` gets is aborted when nobody waits for it any more. */
export async function whileAlive<T>(limits: Limits, work: (over: AbortSignal) => Promise<T>): Promise<T> {
  const { died, signal, pace, deadlineMs, late } = limits;
  signal.throwIfAborted();
  const over = new AbortController();
  let stop = (): void => {};
  let forget = (): void => {};
  const first = new Promise<never>((_, reject) => {
    // Removed by hand: if listeners use the option `signal`, Node 20 loses all but the last one when it collects
    // garbage.
    forget = onAbort(signal, () => reject(signal.reason));
    if (deadlineMs !== undefined)
      stop = pace.deadline(deadlineMs, ({ within, blame }) => {
        const error = late?.(within);
        if (blame === undefined) return reject(error);
        // If the monitor does not answer, the guest may have died just now.
        pace.after(DEATH_NEWS_MS, () => reject(new InfraError(`${error?.message}: ${blame}`)));
      });
    died.then(reject);
  });
  // An SSH failure is usually caused by the guest's death, which may be noticed a little later.
  const result = work(over.signal).catch(
    (error) => new Promise<never>((_, reject) => pace.after(DEATH_NEWS_MS, () => reject(error))),
  );
  result.catch(() => {}); // if it loses the race, its error must not be unhandled
  try {
    return await Promise.race([result, first]);
  } finally {
    stop();
    forget();
    over.abort();
  }
}
