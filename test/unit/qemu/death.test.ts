import { describe, expect, it } from 'vitest';
import { Death } from '../../../src/qemu/death.js';

describe('Death', () => {
  it('takes the best of the signs that arrive together', async () => {
    const death = new Death();
    death.sign('shutdown', 'the guest reset itself');
    death.sign('panic', 'boom');
    death.sign('qemu-exit', 'QEMU ended with exit code 0');
    expect(death.verdict).toBeUndefined();
    expect(await death.died).toMatchObject({ how: 'panic', message: 'boom' });
  });

  it('decides once', async () => {
    const death = new Death();
    death.sign('qemu-exit', 'first');
    death.settle();
    death.sign('panic', 'later');
    death.settle();
    expect((await death.died).message).toBe('first');
  });

  it('has nothing to decide without a sign', () => {
    const death = new Death();
    death.settle();
    expect(death.verdict).toBeUndefined();
  });
});
