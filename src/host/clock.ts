/** The time by which we wait. Not that of the wall, which jumps; it stands still while the host is suspended. */
export interface Clock {
  /** Milliseconds since some moment. */
  now(): number;
  /** Calls back once, that much later or more; the function that it returns ends that. `idle`: our process need not live for it. */
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
