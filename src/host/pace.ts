/**
 * All deadlines are counted here. A deadline counts the time that the host gives to the process that we wait for, not
 * the time that it withholds. If our own timers are late, nobody knows what the other process could do in the meantime,
 * and on a host with ten times the load everything is ten times slower.
 */
import { type Clock, monotonic } from './clock.js';
import { between, type Sample, sample } from './share.js';

/** How often the counters of the host are read. */
const BEAT_MS = 500;
/** A shorter time is not worth reading them. */
const MOMENT_MS = 100;
/** On a healthy host our timers are late by less than this. */
const LATE_MS = 50;
/** From this length on it is a stall, not just a busy host. */
const STALL_MS = 1_000;
/** If more than this share of a deadline was stalls, missing it says nothing about the process that we wait for. */
const STALLED_SHARE = 0.1;
/** At least this share of the elapsed time always counts, so that every deadline ends. */
const LEAST_SHARE = 1 / 20;
/** The kernel's watchdogs wait 20 s. A guest that the host kept from running for half of that is excused. */
export const WINDOW_MS = 20_000;
const KEPT_MS = WINDOW_MS / 2;

/** A span of time in which the host withheld processor time. In milliseconds. */
interface Shortage {
  end: number;
  /** Time that does not count. */
  withheld: number;
  /** Time in which our process, the other one or the whole host was stopped. */
  stalled: number;
}

interface Waiting {
  due: number;
  call: () => void;
}

export interface PaceOptions {
  /** Processes to wait for, in addition to our own. */
  pids?: readonly number[];
  /** Asked when a deadline has passed: why the process cannot run at the moment, if there is a reason. */
  excuse?: () => Promise<string | undefined>;
  clock?: Clock;
  sample?: (pids: readonly number[]) => Sample;
}

export class Pace implements Disposable {
  readonly #clock: Clock;
  readonly #pids: readonly number[];
  readonly #sample: NonNullable<PaceOptions['sample']>;
  readonly #excuse: NonNullable<PaceOptions['excuse']>;
  readonly #waiting = new Set<Waiting>();
  readonly #shortages: Shortage[] = [];
  /** How much of the watched time the host has given so far. */
  #given = 0;
  #last: { at: number; due: number; sample: Sample } | undefined;
  #disarm = (): void => {};
  #watching = false;

  constructor({
    pids = [],
    excuse = async () => undefined,
    clock = monotonic,
    sample: books = sample,
  }: PaceOptions = {}) {
    this.#pids = [process.pid, ...pids];
    this.#excuse = excuse;
    this.#clock = clock;
    this.#sample = books;
  }

  /** From now until disposal, keeps reading the counters even if nobody waits, for `stalled` and `hostStall`. */
  watch(): this {
    this.#watching = true;
    this.#beat();
    this.#arm();
    return this;
  }

  [Symbol.dispose](): void {
    this.#watching = false;
    this.#arm();
  }

  /** A point in time, for `stalled` and `hostStall`. */
  now(): number {
    return this.#clock.now();
  }

  /** Calls back once, when the host has given this much time, unless the returned function is called. */
  after(ms: number, call: () => void): () => void {
    this.#beat();
    const since = this.#last === undefined ? 0 : this.#clock.now() - this.#last.at;
    const waiting = { due: this.#given + since + ms, call };
    this.#waiting.add(waiting);
    // The last reading was dropped when nobody waited any more.
    this.#last ??= { at: this.#clock.now(), due: Number.POSITIVE_INFINITY, sample: this.#sample(this.#pids) };
    this.#arm();
    return () => {
      this.#waiting.delete(waiting);
      if (this.#waiting.size === 0) this.#arm();
    };
  }

  /** The result of the promise, or undefined when the host has given this much time. */
  async within<T>(ms: number, promise: Promise<T>): Promise<T | undefined> {
    let stop = (): void => {};
    try {
      return await Promise.race([
        promise,
        new Promise<undefined>((over) => (stop = this.after(ms, () => over(undefined)))),
      ]);
    } finally {
      stop();
    }
  }

  /**
   * Calls back when the deadline has passed, unless the returned function is called. The callback gets a reason if the
   * host or emulator is to blame: the process cannot run at the moment, or there was a stall and the process was not
   * done even after an extension by the length of the stall.
   */
  deadline(ms: number, passed: (late: Late) => void): () => void {
    const from = this.#clock.now();
    let [over, gave] = [false, 0];
    let stop = (): void => {};
    const judge = async (): Promise<void> => {
      const excuse = await this.#excuse();
      if (over) return;
      const stalled = this.stalled(from);
      const stall = stalled > ms * STALLED_SHARE;
      if (excuse === undefined && stall && stalled > gave) {
        stop = this.after(Math.min(stalled - gave, ms), judge);
        gave = stalled;
        return;
      }
      const blame = excuse ?? (stall ? `the host stalled for ${seconds(stalled)}` : undefined);
      passed({ within: this.#spelt(ms, from), blame });
    };
    stop = this.after(ms, judge);
    return () => {
      over = true;
      stop();
    };
  }

  /** Milliseconds since then in which our process or the other one was stopped. */
  stalled(since: number): number {
    this.#beat();
    let sum = 0;
    for (const { end, stalled } of this.#shortages) if (end > since) sum += stalled;
    return sum >= STALL_MS ? sum : 0;
  }

  /**
   * One sentence if the host kept the process from running since then, or shortly before, for so long that timeouts of
   * the process or its kernel are not its fault.
   */
  hostStall(since: number): string | undefined {
    this.#beat();
    const recent = this.#shortages.filter(({ end }) => end > since - WINDOW_MS);
    let [worst, sum, first] = [0, 0, 0];
    for (const shortage of recent) {
      sum += lost(shortage);
      for (let old = recent[first]; old !== undefined && old.end <= shortage.end - WINDOW_MS; old = recent[++first])
        sum -= lost(old);
      worst = Math.max(worst, sum);
    }
    return worst >= KEPT_MS ? `the host kept the guest from running for ${seconds(worst)}` : undefined;
  }

  /** Accounts for the time since the last reading. Skips short times unless the reading is `due`. */
  #beat(due = false): void {
    const at = this.#clock.now();
    this.#last ??= { at, due: Number.POSITIVE_INFINITY, sample: this.#sample(this.#pids) };
    const last = this.#last;
    const wall = at - last.at;
    if (!due && at <= last.due && wall < MOMENT_MS) return;
    const after = this.#sample(this.#pids);
    const overdue = at - last.due;
    const late = overdue > LATE_MS ? Math.min(overdue, wall) : 0;
    const { withheld, stopped, suspended } = between(last.sample, after, wall, wall - late);
    const given = Math.max((wall - late) * LEAST_SHARE, wall - late - withheld);
    const stalled = (stopped ? wall : late >= STALL_MS ? late : 0) + suspended;
    if (stalled > 0 || wall - given > LATE_MS) this.#shortages.push({ end: at, withheld: wall - given, stalled });
    this.#given += given;
    this.#last = { at, due: Number.POSITIVE_INFINITY, sample: after };
    for (const waiting of [...this.#waiting]) {
      if (waiting.due > this.#given || !this.#waiting.delete(waiting)) continue;
      waiting.call();
    }
    this.#arm();
  }

  #arm(): void {
    this.#disarm();
    this.#disarm = () => {};
    const idle = this.#waiting.size === 0;
    // Nobody waits, so the time until somebody does need not be accounted for.
    if (idle && !this.#watching) this.#last = undefined;
    if (this.#last === undefined) return;
    const next = Math.min(...[...this.#waiting].map(({ due }) => due - this.#given));
    this.#last.due = this.#last.at + Math.max(1, Math.min(BEAT_MS, next));
    const ms = Math.max(0, this.#last.due - this.#clock.now());
    this.#disarm = this.#clock.later(ms, () => this.#beat(true), idle);
  }

  #spelt(ms: number, from: number): string {
    const wall = this.#clock.now() - from;
    return wall > ms * 1.5 && wall > ms + 1_000
      ? `${ms / 1000} s (${seconds(wall)} on this busy host)`
      : `${ms / 1000} s`;
  }
}

export interface Late {
  /** The length of the deadline, for a person. */
  within: string;
  /** What the host or the emulator did, if it is to blame. */
  blame: string | undefined;
}

/** For waiting that does not depend on a guest. */
export const ours = new Pace();

function lost({ withheld, stalled }: Shortage): number {
  return Math.max(withheld, stalled);
}

function seconds(ms: number): string {
  return `${Math.round(ms / 1000)} s`;
}
