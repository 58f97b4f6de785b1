/** Pairs the commands of the guest's record with those of the device's trace, and orders the device's accesses by them. */
import { commandKey, type DeviceCommand } from './nvme-trace.js';
import type { Story } from './story.js';

/** A command as the guest submitted it. */
export interface Submission {
  submitted: number;
  /** `Infinity`: the guest never handled its completion. */
  completed: number;
  opcode: number;
  bytes: number;
  ranges: { phys: number; len: number; mmio: boolean }[];
}

export interface Pair {
  guest: Submission;
  device: DeviceCommand;
}

export function submissionsOf(story: Story): Map<number, Submission[]> {
  const found = new Map<number, Submission[]>();
  let last: Submission | undefined;
  for (const [at, event] of story.events.entries()) {
    if (event.kind === 'submit') {
      last = { submitted: at, completed: Infinity, opcode: event.opcode, bytes: event.len, ranges: [] };
      const key = commandKey(event.qid, event.cid);
      const same = found.get(key);
      if (same) same.push(last);
      else found.set(key, [last]);
    } else if (event.kind === 'range') {
      last?.ranges.push({ phys: event.phys, len: event.len, mmio: event.mmio });
    } else if (event.kind === 'complete') {
      const done = found.get(commandKey(event.qid, event.cid))?.findLast(({ completed }) => completed === Infinity);
      if (done) done.completed = at;
    }
  }
  return found;
}

/** Pairs the guest's submissions with the device's commands, in the order of fetching. An id is only reused after its completion, so the n-th use is the same on both sides. */
export function pairUp(
  submissions: ReadonlyMap<number, readonly Submission[]>,
  commands: readonly DeviceCommand[],
): { pairs: Pair[]; unpaired: number } {
  const taken = new Map<number, number>();
  const pairs: Pair[] = [];
  for (const device of commands) {
    const key = commandKey(device.sqid, device.cid);
    const nth = taken.get(key) ?? 0;
    const guest = submissions.get(key)?.[nth];
    taken.set(key, nth + 1);
    if (guest) pairs.push({ guest, device });
  }
  const submitted = [...submissions.values()].reduce((sum, uses) => sum + uses.length, 0);
  return { pairs, unpaired: submitted + commands.length - 2 * pairs.length };
}

/** For a time in the trace: the latest event of the guest that was certainly before it, and the earliest that was certainly after it. */
export class Bounds {
  readonly #fetches: { at: number; bound: number }[] = [];
  readonly #completions: { at: number; bound: number }[] = [];

  constructor(pairs: readonly Pair[]) {
    let latest = -1;
    for (const { guest, device } of pairs) {
      latest = Math.max(latest, guest.submitted);
      this.#fetches.push({ at: device.fetched, bound: latest });
    }
    const done = pairs
      .flatMap(({ guest, device }) =>
        device.completed === undefined ? [] : [{ at: device.completed, bound: guest.completed }],
      )
      .sort((a, b) => b.at - a.at);
    let earliest = Infinity;
    for (const { at, bound } of done) {
      earliest = Math.min(earliest, bound);
      this.#completions.push({ at, bound: earliest });
    }
    this.#completions.reverse();
  }

  at(time: number): [lo: number, hi: number] {
    const fetched = this.#fetches[firstAfter(this.#fetches, time) - 1];
    const completed = this.#completions[firstAfter(this.#completions, time)];
    return [fetched?.bound ?? -1, completed?.bound ?? Infinity];
  }
}

/** The commands that the device has at a time. Must be asked in ascending order. */
export class Active {
  readonly #pairs: readonly Pair[];
  #next = 0;
  #have: Pair[] = [];

  constructor(pairs: readonly Pair[]) {
    this.#pairs = pairs;
  }

  at(time: number): readonly Pair[] {
    for (let pair = this.#pairs[this.#next]; pair && pair.device.fetched < time; pair = this.#pairs[++this.#next]) {
      this.#have.push(pair);
    }
    this.#have = this.#have.filter(({ device }) => (device.completed ?? Infinity) > time);
    return this.#have;
  }
}

/** Index of the first element after `time`. */
export function firstAfter(sorted: readonly { at: number }[], time: number): number {
  let [lo, hi] = [0, sorted.length];
  while (lo < hi) {
    const mid = (lo + hi) >> 1;
    if ((sorted[mid]?.at ?? Infinity) > time) hi = mid;
    else lo = mid + 1;
  }
  return lo;
}
