/** A host in a test's hands: its clock, what it gives to whom is waited for, and when it stops us. */
import { type Clock, Pace, type PaceOptions } from '../../../src/host/index.js';
import type { Sample } from '../../../src/host/share.js';

export class ManualHost implements Clock {
  /** Of the guest's time: the share that it waits for a processor. */
  withheld = 0;
  /** A signal has stopped the guest. */
  stopped = false;
  #now = 1_000;
  #asleep = 0;
  #ran = 0;
  #waited = 0;
  #timers = new Set<{ at: number; call: () => void }>();

  now(): number {
    return this.#now;
  }

  later(ms: number, call: () => void): () => void {
    const timer = { at: this.#now + ms, call };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  get armed(): number {
    return this.#timers.size;
  }

  /** Time passes, and timers go off when they are due. */
  async pass(ms: number): Promise<void> {
    const end = this.#now + ms;
    for (;;) {
      const next = [...this.#timers].filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0];
      this.#advance(Math.max(this.#now, next?.at ?? end) - this.#now);
      if (next === undefined) return;
      this.#timers.delete(next);
      next.call();
      await settled();
    }
  }

  /** We are stopped for that long. */
  async stopUs(ms: number): Promise<void> {
    this.#advance(ms);
    await this.pass(0);
  }

  /** So is the clock. */
  sleep(ms: number): void {
    this.#asleep += ms;
  }

  pace(options: PaceOptions = {}): Pace {
    return new Pace({ clock: this, sample: () => this.#sample(), ...options });
  }

  #advance(ms: number): void {
    this.#now += ms;
    this.#ran += ms * (1 - this.withheld);
    this.#waited += ms * this.withheld;
  }

  #sample(): Sample {
    return {
      threads: new Map([['vcpu', { ran: this.#ran, waited: this.#waited }]]),
      stopped: this.stopped,
      wanted: 0,
      stolen: 0,
      blocked: 0,
      sinceBoot: this.#now + this.#asleep,
    };
  }
}

/** What was resolved has been heard of. */
export function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
