/** Calls `act` when the signal is aborted, which it may be already. Returns how to take that back. */
export function onAbort(signal: AbortSignal, act: () => void): () => void {
  if (signal.aborted) act();
  else signal.addEventListener('abort', act, { once: true });
  return () => signal.removeEventListener('abort', act);
}

/** Settles as the first of these does, or rejects with the signal's reason. What is waited for goes on. */
export async function orAborted<T>(signal: AbortSignal, ...work: Promise<T>[]): Promise<T> {
  let stop = (): void => {};
  const aborted = new Promise<never>((_, reject) => {
    stop = onAbort(signal, () => reject(signal.reason));
  });
  try {
    // First, so that nothing that was there already hides that nobody wants it any more.
    return await Promise.race([aborted, ...work]);
  } finally {
    stop();
  }
}
