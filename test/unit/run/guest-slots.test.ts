import { setImmediate } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { hostLoad, type Load, loadOf } from '../../../src/plan/index.js';
import { GuestSlots } from '../../../src/run/guest-slots.js';

const small: Load = { slots: 1, memoryMiB: 1000 };

/** Which of the guests run after each has had its chance to start. */
async function start(slots: GuestSlots, loads: Load[]) {
  const running = new Map<number, Disposable>();
  loads.forEach(async (load, i) => {
    running.set(i, await slots.take(load));
  });
  await setImmediate();
  const end = async (i: number) => {
    running.get(i)?.[Symbol.dispose]();
    running.delete(i);
    await setImmediate();
    return [...running.keys()];
  };
  return { now: [...running.keys()], end };
}

describe('slots', () => {
  it('run no more guests than there are slots, in order', async () => {
    const { now, end } = await start(new GuestSlots({ slots: 2, memoryMiB: 1e6 }), [small, small, small, small]);
    expect(now).toEqual([0, 1]);
    expect(await end(1)).toEqual([0, 2]);
    expect(await end(0)).toEqual([2, 3]);
  });

  it('keep to the memory', async () => {
    const { now } = await start(new GuestSlots({ slots: 9, memoryMiB: 2500 }), [small, small, small]);
    expect(now).toEqual([0, 1]);
  });

  it('give a guest of many vCPUs several slots, and nobody overtakes it', async () => {
    const large = { slots: 2, memoryMiB: 1000 };
    const { now, end } = await start(new GuestSlots({ slots: 2, memoryMiB: 1e6 }), [small, large, small]);
    expect(now).toEqual([0]);
    expect(await end(0)).toEqual([1]);
    expect(await end(1)).toEqual([2]);
  });

  it('run a guest that is larger than the host alone', async () => {
    const huge = { slots: 8, memoryMiB: 1e6 };
    const { now, end } = await start(new GuestSlots({ slots: 2, memoryMiB: 3000 }), [small, huge, small]);
    expect(now).toEqual([0]);
    expect(await end(0)).toEqual([1]);
    expect(await end(1)).toEqual([2]);
  });
});

describe('loads', () => {
  it('a host gives a slot a processor, or as many as the user says, and two thirds of its memory', () => {
    expect(hostLoad(8, 3000)).toEqual({ slots: 8, memoryMiB: 2000 });
    expect(hostLoad(8, 3000, 1)).toEqual({ slots: 1, memoryMiB: 2000 });
  });

  it('a guest takes one for two vCPUs', () => {
    const machine = { memoryMiB: 768, vcpus: 2 } as Parameters<typeof loadOf>[0];
    expect(loadOf(machine)).toEqual({ slots: 1, memoryMiB: 1024 });
    expect(loadOf({ ...machine, vcpus: 1 }).slots).toBe(1);
    expect(loadOf({ ...machine, vcpus: 4 }).slots).toBe(2);
    expect(loadOf({ ...machine, memoryMiB: 4096 }).memoryMiB).toBe(4352);
    expect(loadOf({ ...machine, memoryMiB: 4096, dmaBits: 32 }).memoryMiB).toBe(1280);
  });
});
