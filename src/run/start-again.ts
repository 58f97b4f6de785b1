/** Which guests that did not start are worth another attempt. */
import { GuestDied, InfraError, NotAsDeclared } from '../model/index.js';

/**
 * Can a guest that did not start be expected to start next time? In a hundred boots QEMU ends once or the host has trouble, and that need not
 * mean anything, so the guest is started once more, whatever was asked for. A kernel that hangs or panics will do so again. The exception
 * is an oops under emulation: QEMU's TCG sometimes runs code that another processor has just patched (an int3 that is no longer there, seen
 * in sched_clock_cpu), and a booting kernel patches a lot.
 */
export function maySucceed(error: unknown, accelerator: 'kvm' | 'tcg'): boolean {
  if (!(error instanceof GuestDied)) return error instanceof InfraError && !(error instanceof NotAsDeclared);
  return error.how === 'qemu-exit' || (accelerator === 'tcg' && error.oops !== undefined);
}
