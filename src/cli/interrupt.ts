/** Turns SIGINT, SIGTERM and SIGHUP into one AbortSignal for all that a command does. */

export class Interrupted extends Error {
  override name = 'Interrupted';
}

/**
 * Aborts on the first of these signals. A second one ends the process at once; the kernel then kills the guests and builders with it
 * (PR_SET_PDEATHSIG).
 */
export function interruptible(): Disposable & { signal: AbortSignal } {
  const controller = new AbortController();
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  const onSignal = () => {
    if (controller.signal.aborted) process.exit(130);
    controller.abort(new Interrupted('interrupted'));
  };
  for (const name of signals) process.on(name, onSignal);
  return {
    signal: controller.signal,
    [Symbol.dispose]() {
      for (const name of signals) process.off(name, onSignal);
    },
  };
}
