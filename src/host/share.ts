/** What the host gave to processes in a span of time, by its own books: procfs, sched_info and pressure stall information. */
import { readdirSync, readFileSync } from 'node:fs';

/** Counters at a moment. What a host does not keep stays at zero. */
export interface Sample {
  /** Of each thread of the processes: milliseconds that it ran, and that it was ready to run and did not. */
  threads: ReadonlyMap<string, { ran: number; waited: number }>;
  /** One of the processes is stopped by a signal or a debugger. */
  stopped: boolean;
  /** Of the whole host, in clock ticks: what its processors were asked for, and what the machine below it kept for itself. */
  wanted: number;
  stolen: number;
  /** Milliseconds in which all that was at work waited for a disk or for memory. */
  blocked: number;
  /** Milliseconds since boot, including those in which the host slept. */
  sinceBoot: number;
}

export function sample(pids: readonly number[], proc = '/proc'): Sample {
  const read = (path: string): string => {
    try {
      return readFileSync(`${proc}/${path}`, 'utf8');
    } catch {
      return ''; // the process or the thread is gone, or this kernel does not count that
    }
  };
  const threads = new Map<string, { ran: number; waited: number }>();
  for (const pid of pids) {
    for (const thread of entries(`${proc}/${pid}/task`)) {
      const [ran = 0, waited = 0] = numbers(read(`${pid}/task/${thread}/schedstat`));
      threads.set(thread, { ran: ran / 1e6, waited: waited / 1e6 });
    }
  }
  // The name of a program may have blanks and parentheses of its own.
  const stopped = pids.some((pid) => /\) [Tt] [^)]*$/.test(read(`${pid}/stat`)));
  const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0, stolen = 0] = numbers(
    /^cpu\s.*/.exec(read('stat'))?.[0] ?? '',
  );
  const full = ['io', 'memory'].map((what) => Number(/^full .*total=(\d+)/m.exec(read(`pressure/${what}`))?.[1] ?? 0));
  const [uptime = 0] = numbers(read('uptime'));
  return {
    threads,
    stopped,
    wanted: user + nice + system + irq + softirq + stolen,
    stolen,
    blocked: Math.max(...full) / 1000,
    sinceBoot: uptime * 1000,
  };
}

/** In milliseconds. */
export interface Kept {
  /** Of the time by the clock: what the host did not give. */
  withheld: number;
  /** A signal or a debugger had stopped a process. */
  stopped: boolean;
  /** The host slept, besides what the clock shows. */
  suspended: number;
}

/** Shorter than that it is the grain of the counters. */
const SLEPT_MS = 1_000;

/** What happened between two samples, `wall` milliseconds apart by the clock, of which so many count. */
export function between(before: Sample, after: Sample, wall: number, counted = wall): Kept {
  let [ran, waited] = [0, 0];
  for (const [thread, now] of after.threads) {
    const then = before.threads.get(thread) ?? { ran: 0, waited: 0 };
    ran += Math.max(0, now.ran - then.ran);
    waited += Math.max(0, now.waited - then.waited);
  }
  // Who waits nine tenths of the time in which he has work needs ten times as long; who mostly has none has lost no more than he waited.
  const queued = waited === 0 ? 0 : Math.min(waited, (counted * waited) / (ran + waited));
  const wanted = after.wanted - before.wanted;
  const stolen = wanted > 0 ? Math.min(1, Math.max(0, after.stolen - before.stolen) / wanted) : 0;
  const blocked = Math.max(0, after.blocked - before.blocked);
  const withheld = queued + (counted - queued) * stolen + blocked;
  const slept = after.sinceBoot - before.sinceBoot - wall;
  return {
    withheld: Math.min(counted, Math.max(0, withheld)),
    stopped: before.stopped || after.stopped,
    suspended: slept > SLEPT_MS ? slept : 0,
  };
}

function entries(dir: string): string[] {
  try {
    return readdirSync(dir);
  } catch {
    return [];
  }
}

function numbers(text: string): number[] {
  return text.match(/\d+(\.\d+)?/g)?.map(Number) ?? [];
}
