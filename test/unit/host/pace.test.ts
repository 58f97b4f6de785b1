import { describe, expect, it } from 'vitest';
import type { Late, PaceOptions } from '../../../src/host/index.js';
import { ManualHost } from './manual-clock.js';

function waiting(ms: number, options: PaceOptions = {}) {
  const host = new ManualHost();
  const pace = host.pace(options);
  const passed: { at: number; late: Late }[] = [];
  const stop = pace.deadline(ms, (late) => passed.push({ at: Math.round(host.now() - 1_000), late }));
  return { host, pace, passed, stop };
}

describe('a deadline', () => {
  it('that passes on a host that gives all is nobody else’s fault', async () => {
    const { host, passed } = waiting(30_000);
    await host.pass(29_999);
    expect(passed).toEqual([]);
    await host.pass(1);
    expect(passed).toEqual([{ at: 30_000, late: { within: '30 s', blame: undefined } }]);
    expect(host.armed).toBe(0);
  });

  it('that was kept leaves nothing behind', async () => {
    const { host, passed, stop } = waiting(30_000);
    await host.pass(10_000);
    stop();
    expect(host.armed).toBe(0);
    await host.pass(60_000);
    expect(passed).toEqual([]);
  });

  it('is as much longer as the host is slower, from the moment at which it is', async () => {
    const { host, passed } = waiting(30_000);
    await host.pass(10_000);
    host.withheld = 0.9;
    await host.pass(190_000);
    expect(passed).toEqual([]);
    await host.pass(20_000);
    expect(passed).toEqual([{ at: 210_000, late: { within: '30 s (210 s on this busy host)', blame: undefined } }]);
  });

  it('ends even where the host gives nothing', async () => {
    const { host, passed } = waiting(1_000);
    host.withheld = 1;
    await host.pass(19_000);
    expect(passed).toEqual([]);
    await host.pass(2_000);
    expect(passed.length).toBe(1);
  });

  it('that passed while we were stopped leaves as much time again; then the stall is to blame', async () => {
    const { host, passed } = waiting(30_000);
    await host.pass(5_000);
    await host.stopUs(40_000);
    await host.pass(24_000);
    expect(passed).toEqual([]);
    await host.pass(60_000);
    expect(passed.map(({ late }) => late.blame)).toEqual(['the host stalled for 40 s']);
  });

  it('does not excuse by what is no stall: timers are a little late on any host', async () => {
    const { host, passed } = waiting(30_000);
    for (let i = 0; i < 60; i++) await host.stopUs(900);
    await host.pass(30_000);
    expect(passed.map(({ late }) => late.blame)).toEqual([undefined]);
  });

  it('excuses whoever cannot do a thing now, at once', async () => {
    const { host, passed } = waiting(30_000, { excuse: async () => 'QEMU does not answer' });
    host.stopped = true;
    await host.pass(30_000);
    expect(passed).toEqual([{ at: 30_000, late: { within: '30 s', blame: 'QEMU does not answer' } }]);
  });

  it('gives back what a guest lost that was stopped and goes on', async () => {
    const { host, passed } = waiting(30_000);
    host.stopped = true;
    await host.pass(20_000);
    host.stopped = false;
    await host.pass(29_000);
    expect(passed).toEqual([]);
    await host.pass(10_000);
    expect(passed.map(({ late }) => late.blame)).toEqual(['the host stalled for 21 s']);
  });

  it('sees that the host slept, which the clock does not show', async () => {
    const { host, passed } = waiting(30_000);
    await host.pass(5_000);
    host.sleep(3_600_000);
    await host.pass(100_000);
    expect(passed.map(({ late }) => late.blame)).toEqual(['the host stalled for 3600 s']);
  });
});

describe('a wait', () => {
  it('brings what came in time, or nothing', async () => {
    const host = new ManualHost();
    const pace = host.pace();
    expect(await pace.within(1_000, Promise.resolve(7))).toBe(7);
    expect(host.armed).toBe(0);
    const never = pace.within(1_000, new Promise(() => {}));
    await host.pass(1_000);
    expect(await never).toBeUndefined();
  });

  it('keeps its order among others, each with its own time', async () => {
    const host = new ManualHost();
    const pace = host.pace();
    const came: string[] = [];
    pace.after(700, () => came.push('b'));
    await host.pass(50);
    pace.after(300, () => came.push('a'));
    pace.after(900, () => came.push('c'));
    await host.pass(400);
    expect(came).toEqual(['a']);
    await host.pass(800);
    expect(came).toEqual(['a', 'b', 'c']);
  });
});

describe('what excuses a kernel that complains of time', () => {
  it('is a stall of most of its own patience, seen even while nobody waits', async () => {
    const host = new ManualHost();
    const pace = host.pace().watch();
    await host.pass(60_000);
    const since = pace.now();
    expect(pace.hostStall(since)).toBeUndefined();
    await host.stopUs(8_000);
    await host.pass(30_000);
    expect(pace.hostStall(since)).toBeUndefined();
    host.stopped = true;
    await host.pass(12_000);
    host.stopped = false;
    expect(pace.hostStall(since)).toMatch(/^the host kept the guest from running for 1[23] s$/);
    await host.pass(40_000);
    expect(pace.hostStall(pace.now())).toBeUndefined();
    expect(pace.hostStall(since)).toBeDefined();
    pace[Symbol.dispose]();
    expect(host.armed).toBe(0);
  });

  it('is a host that gives less than half for that long', async () => {
    const host = new ManualHost();
    const pace = host.pace().watch();
    host.withheld = 0.4;
    await host.pass(100_000);
    expect(pace.hostStall(1_000)).toBeUndefined();
    host.withheld = 0.9;
    await host.pass(20_000);
    expect(pace.hostStall(1_000)).toMatch(/for 18 s/);
  });
});
