/** Calls `act` when the signal is aborted, or at once if it already is. Returns a function that cancels this. */
export function onAbort(signal: AbortSignal, act: () => void): () => void {
  if (signal.aborted) act();
  else signal.addEventListener('abort', act, { once: true });
  return () => signal.removeEventListener('abort', act);
}

/** Settles with the first of these promises, or rejects with the signal's reason. The work itself is not stopped. */
export async function orAborted<T>(signal: AbortSignal, ...work: Promise<T>[]): Promise<T> {
  let stop = (): void => {};
  const aborted = new Promise<never>((_, reject) => {
    stop = onAbort(signal, () => reject(signal.reason));
  });
  try {
    // The abort comes first, so that it wins over work that has already settled.
    return await Promise.race([aborted, ...work]);
  } finally {
    stop();
  }
}
