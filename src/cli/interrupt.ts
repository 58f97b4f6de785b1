/** Ctrl-C and its relatives, as one AbortSignal for everything that a command does. */

export class Interrupted extends Error {
  override name = 'Interrupted';
}

/**
 * Aborts on SIGINT, SIGTERM and SIGHUP. A second one ends the process at once: guests and builders die with it, which the
 * kernel sees to.
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
