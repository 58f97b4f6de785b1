/**
 * The one home of deadlines. They count the time that the host gives to whom is waited for, not what it withholds: when our own timers are
 * late, nobody can tell what the other did meanwhile, and a host at ten times its load makes everybody ten times slower.
 */
import { type Clock, monotonic } from './clock.js';
import { between, type Sample, sample } from './share.js';

/** So often it is looked what the host gives. */
const BEAT_MS = 500;
/** Less than that is not worth a look. */
const MOMENT_MS = 100;
/** Our timers are late by less on any host that works. */
const LATE_MS = 50;
/** From here on it is a stall, not a busy host. */
const STALL_MS = 1_000;
/** A deadline that passed with more of its length in stalls says nothing of whom was waited for. */
const STALLED_SHARE = 0.1;
/** However little the host gives, a deadline ends: so much of the time counts at least. */
const LEAST_SHARE = 1 / 20;
/** The kernel's own patience with a processor that does nothing is 20 s: who was kept from running for half of that is excused. */
export const WINDOW_MS = 20_000;
const KEPT_MS = WINDOW_MS / 2;

/** A span of time in which the host did not give all. In milliseconds. */
interface Shortage {
  end: number;
  /** Not counted. */
  withheld: number;
  /** In which nothing was done: our process or the other was stopped, or the whole host. */
  stalled: number;
}

interface Waiting {
  due: number;
  call: () => void;
}

export interface PaceOptions {
  /** Who is waited for, besides ourselves. */
  pids?: readonly number[];
  /** Why whoever is waited for cannot do a thing now, if so; asked when a deadline has passed. */
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
  /** Of the time that was watched, what the host gave. */
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

  /** Watches from now on, also while nobody waits: what `stalled` and `kept` tell of. Until it is disposed of. */
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

  /** A moment, for those who ask what has happened since. */
  now(): number {
    return this.#clock.now();
  }

  /** Calls back once when the host has given so much time. The function that it returns ends that. */
  after(ms: number, call: () => void): () => void {
    this.#beat();
    const since = this.#last === undefined ? 0 : this.#clock.now() - this.#last.at;
    const waiting = { due: this.#given + since + ms, call };
    this.#waiting.add(waiting);
    // It was dropped when the last one had waited.
    this.#last ??= { at: this.#clock.now(), due: Number.POSITIVE_INFINITY, sample: this.#sample(this.#pids) };
    this.#arm();
    return () => {
      this.#waiting.delete(waiting);
      if (this.#waiting.size === 0) this.#arm();
    };
  }

  /** What the promise brings if it does so while the host gives so much time. */
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
   * Calls back when somebody has had so much time and is not done. With a reason if that is not his fault: he cannot do a thing now, or
   * there was a stall, and he was not done even after as much time again as the stall had taken. The function that it returns ends that.
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

  /** Milliseconds since then in which we, or whom we wait for, were stopped. */
  stalled(since: number): number {
    this.#beat();
    let sum = 0;
    for (const { end, stalled } of this.#shortages) if (end > since) sum += stalled;
    return sum >= STALL_MS ? sum : 0;
  }

  /**
   * In words, if so: since then, or shortly before, the host kept somebody from running for so long that what he or his kernel says of
   * time is not his fault.
   */
  kept(since: number): string | undefined {
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

  /** Takes account of the time since the last beat; of a moment only when it is `due`. */
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
    // What happens until somebody waits again is nobody's concern.
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
  /** How much time there was, in words. */
  within: string;
  /** What of the host or the emulator is to blame, if so. */
  blame: string | undefined;
}

/** For what depends on no guest. */
export const ours = new Pace();

function lost({ withheld, stalled }: Shortage): number {
  return Math.max(withheld, stalled);
}

function seconds(ms: number): string {
  return `${Math.round(ms / 1000)} s`;
}
