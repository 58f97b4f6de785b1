/** What a kernel that checks itself asks of whoever boots it. */
import type { Kernel } from '../model/index.js';

/** Checks at every access or lock, which make a kernel several times slower. */
const SLOW = /^CONFIG_(KASAN|KCSAN|KMSAN|PROVE_LOCKING|DEBUG_PAGEALLOC_ENABLE_DEFAULT)=y$/m;
const KASAN = /^CONFIG_KASAN=y$/m;

/**
 * KASAN takes all memory for wild while the first processor is identified: with tables of five levels it is told where memory begins by
 * a feature bit that is cleared and set again then. A timer interrupt at that moment ends the boot in reports without end.
 */
export function selfChecks(config: string): Pick<Kernel, 'patience' | 'args'> {
  return { patience: SLOW.test(config) ? 3 : 1, args: KASAN.test(config) ? ['no5lvl'] : [] };
}
