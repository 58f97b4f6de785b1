/** Waiting for a guest: an operation ends with its result, the guest's death, its deadline or the caller's abort, whichever is first. */
import type { Pace } from '../host/index.js';
import { type GuestDied, InfraError, onAbort } from '../model/index.js';

export interface Limits {
  died: Promise<GuestDied>;
  signal: AbortSignal;
  /** Of the guest: what deadlines count. */
  pace: Pace;
  /** Without one it may take as long as it likes. */
  deadlineMs?: number;
  /** What to fail with when the time is up, which was so long. Where that is the host's fault, it is an InfraError that says so. */
  late?(within: string): Error;
}

const DEATH_NEWS_MS = 500;

/** `work` gets a signal that is aborted when nobody waits any more. */
export async function whileAlive<T>(limits: Limits, work: (over: AbortSignal) => Promise<T>): Promise<T> {
  const { died, signal, pace, deadlineMs, late } = limits;
  signal.throwIfAborted();
  const over = new AbortController();
  let stop = (): void => {};
  let forget = (): void => {};
  const first = new Promise<never>((_, reject) => {
    // Removed by hand: of several that are to go by the option `signal`, Node 20 forgets all but the last when it collects garbage.
    forget = onAbort(signal, () => reject(signal.reason));
    if (deadlineMs !== undefined)
      stop = pace.deadline(deadlineMs, ({ within, blame }) => {
        const error = late?.(within);
        if (blame === undefined) return reject(error);
        // A monitor that does not answer may be that of a guest that has just died.
        pace.after(DEATH_NEWS_MS, () => reject(new InfraError(`${error?.message}: ${blame}`)));
      });
    died.then(reject);
  });
  // What looks like a failure of SSH is mostly the guest's death, whose sign may come a little later.
  const result = work(over.signal).catch(
    (error) => new Promise<never>((_, reject) => pace.after(DEATH_NEWS_MS, () => reject(error))),
  );
  result.catch(() => {}); // when it loses, nobody else hears it
  try {
    return await Promise.race([result, first]);
  } finally {
    stop();
    forget();
    over.abort();
  }
}
