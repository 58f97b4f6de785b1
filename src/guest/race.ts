/** Waiting for a guest: an operation ends with its result, the guest's death, its deadline or the caller's abort, whichever is first. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { GuestDied } from '../model/index.js';

export interface Limits {
  died: Promise<GuestDied>;
  signal: AbortSignal;
  /** Without one it may take as long as it likes. */
  deadlineMs?: number;
  /** What to fail with when the time is up. */
  late?(): Error;
}

const DEATH_NEWS_MS = 500;

/** `work` gets a signal that is aborted when nobody waits any more. */
export async function whileAlive<T>(limits: Limits, work: (over: AbortSignal) => Promise<T>): Promise<T> {
  const { died, signal, deadlineMs, late } = limits;
  signal.throwIfAborted();
  const over = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  let onAbort = (): void => {};
  const first = new Promise<never>((_, reject) => {
    onAbort = () => reject(signal.reason);
    // Removed by hand: of several that are to go by the option `signal`, Node 20 forgets all but the last when it collects garbage.
    signal.addEventListener('abort', onAbort, { once: true });
    if (deadlineMs !== undefined) timer = setTimeout(() => reject(late?.()), deadlineMs);
    died.then(reject);
  });
  // What looks like a failure of SSH is mostly the guest's death, whose sign may come a little later.
  const result = work(over.signal).catch((error) => sleep(DEATH_NEWS_MS).then(() => Promise.reject(error)));
  result.catch(() => {}); // when it loses, nobody else hears it
  try {
    return await Promise.race([result, first]);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', onAbort);
    over.abort();
  }
}
