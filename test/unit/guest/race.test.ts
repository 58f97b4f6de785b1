import { getEventListeners } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, it } from 'vitest';
import { whileAlive } from '../../../src/guest/race.js';
import { ours as pace } from '../../../src/host/index.js';

const died = new Promise<never>(() => {});

it('leaves nothing behind at the signal of a run, however many wait at a time', async () => {
  setFlagsFromString('--expose_gc');
  const collect = runInNewContext('gc') as () => void;
  const { signal } = new AbortController();
  const wait = (ms: number) =>
    whileAlive({ died, signal, pace }, async () => {
      await sleep(ms);
      collect();
    });
  for (let i = 0; i < 5; i++) await Promise.all([wait(1), wait(3), wait(5)]);
  expect(getEventListeners(signal, 'abort')).toEqual([]);
});

it('ends with the first of result, abort and deadline, and tells the work', async () => {
  const stop = new AbortController();
  const never = (over: AbortSignal) => new Promise<never>((_, reject) => over.addEventListener('abort', reject));
  expect(await whileAlive({ died, pace, signal: stop.signal }, async () => 7)).toBe(7);
  const late = () => new Error('late');
  await expect(whileAlive({ died, pace, signal: stop.signal, deadlineMs: 1, late }, never)).rejects.toThrow('late');
  const waiting = whileAlive({ died, pace, signal: stop.signal }, never);
  stop.abort(new Error('enough'));
  await expect(waiting).rejects.toThrow('enough');
});
