/**
 * What the host gave to processes in a span of time, according to procfs, sched_info and pressure stall information.
 */
import { readdirSync, readFileSync } from 'node:fs';

/** Counters at one point in time. Counters that the host does not have stay 0. */
export interface Sample {
  /** Of each thread: milliseconds on a processor, and milliseconds runnable but waiting for one. */
  threads: ReadonlyMap<string, { ran: number; waited: number }>;
  /** A signal or a debugger has stopped one of the processes. */
  stopped: boolean;
  /** Of the whole host, in clock ticks: time that its processors were wanted, and time that its hypervisor stole. */
  wanted: number;
  stolen: number;
  /** Milliseconds in which everything that could run waited for a disk or for memory. */
  blocked: number;
  /** Milliseconds since boot, including suspend. */
  sinceBoot: number;
}

export function sample(pids: readonly number[], proc = '/proc'): Sample {
  const read = (path: string): string => {
    try {
      return readFileSync(`${proc}/${path}`, 'utf8');
    } catch {
      return ''; // the process or thread has ended, or this kernel lacks the counter
    }
  };
  const threads = new Map<string, { ran: number; waited: number }>();
  for (const pid of pids) {
    for (const thread of entries(`${proc}/${pid}/task`)) {
      const [ran = 0, waited = 0] = numbers(read(`${pid}/task/${thread}/schedstat`));
      threads.set(thread, { ran: ran / 1e6, waited: waited / 1e6 });
    }
  }
  // A program's name may contain spaces and parentheses.
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
export interface Interval {
  /** The part of the elapsed time that the host withheld. */
  withheld: number;
  /** A signal or a debugger had stopped a process. */
  stopped: boolean;
  /** How long the host was suspended, which the clock does not show. */
  suspended: number;
}

/** Less than this is the resolution of the counters. */
const SLEPT_MS = 1_000;

/** What happened between two samples that are `wall` milliseconds apart, of which `counted` count. */
export function between(before: Sample, after: Sample, wall: number, counted = wall): Interval {
  let [ran, waited] = [0, 0];
  for (const [thread, now] of after.threads) {
    const then = before.threads.get(thread) ?? { ran: 0, waited: 0 };
    ran += Math.max(0, now.ran - then.ran);
    waited += Math.max(0, now.waited - then.waited);
  }
  // A thread that waits nine tenths of its runnable time needs ten times as long. One that is mostly idle has lost only
  // the time it waited.
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
