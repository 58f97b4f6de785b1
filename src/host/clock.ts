/** The clock for our waiting. It is monotonic, and stands still while the host is suspended. */
export interface Clock {
  /** Milliseconds since some point in time. */
  now(): number;
  /**
   * Calls back once, after this time or later, unless the returned function is called. `idle`: the timer does not keep
   * our process alive.
   */
  later(ms: number, call: () => void, idle: boolean): () => void;
}

export const monotonic: Clock = {
  now: () => performance.now(),
  later(ms, call, idle) {
    const timer = setTimeout(call, ms);
    if (idle) timer.unref();
    return () => clearTimeout(timer);
  },
};
