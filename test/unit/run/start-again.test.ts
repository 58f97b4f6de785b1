import { expect, it } from 'vitest';
import { GuestDied, InfraError, NotAsDeclared } from '../../../src/model/index.js';
import { maySucceed } from '../../../src/run/start-again.js';

const OOPS = 'Oops: int3: 0000 [#1] SMP NOPTI at sched_clock_cpu+0x9/0x1f0';

it.each([
  ['a QEMU that ended', new GuestDied('qemu-exit', 'QEMU ended with signal SIGKILL'), 'kvm', true],
  ['a host that could not', new InfraError('no memory'), 'kvm', true],
  ['a machine that is not as declared', new NotAsDeclared("IOMMU domain 'none'"), 'tcg', false],
  ['an oops under emulation', new GuestDied('panic', 'the guest kernel panicked', OOPS), 'tcg', true],
  ['an oops on real processors', new GuestDied('panic', 'the guest kernel panicked', OOPS), 'kvm', false],
  ['a panic without an oops', new GuestDied('panic', 'Attempted to kill init!'), 'tcg', false],
  ['a hang', new GuestDied('hang', 'no answer'), 'tcg', false],
  ['a fault of ours', new TypeError('undefined'), 'tcg', false],
] as const)('%s', (_, error, accelerator, expected) => {
  expect(maySucceed(error, accelerator)).toBe(expected);
});
