import { getEventListeners } from 'node:events';
import { expect, it } from 'vitest';
import { onAbort, orAborted } from '../../../src/model/index.js';

const never = new Promise<never>(() => {});

it('what was aborted before is said at once', async () => {
  let calls = 0;
  onAbort(AbortSignal.abort(), () => calls++);
  expect(calls).toBe(1);
  const enough = AbortSignal.abort(new Error('enough'));
  await expect(orAborted(enough, never)).rejects.toThrow('enough');
  await expect(orAborted(enough, Promise.resolve(1))).rejects.toThrow('enough');
});

it('what is aborted later is said then', async () => {
  const control = new AbortController();
  const waiting = orAborted(control.signal, never);
  control.abort(new Error('enough'));
  await expect(waiting).rejects.toThrow('enough');
});

it('no listener is left', async () => {
  const { signal } = new AbortController();
  expect(await orAborted(signal, never, Promise.resolve(1))).toBe(1);
  await expect(orAborted(signal, Promise.reject(new Error('work')))).rejects.toThrow('work');
  onAbort(signal, () => {})();
  expect(getEventListeners(signal, 'abort')).toEqual([]);
});
