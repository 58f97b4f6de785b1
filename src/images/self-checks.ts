/** What a debug kernel requires. */
import type { Kernel } from '../model/index.js';

/** Checks at each access or lock, which make a kernel several times slower. */
const SLOW = /^CONFIG_(KASAN|KCSAN|KMSAN|PROVE_LOCKING|DEBUG_PAGEALLOC_ENABLE_DEFAULT)=y$/m;
const KASAN = /^CONFIG_KASAN=y$/m;

/**
 * While the first CPU is identified, a feature bit is cleared and set again that tells KASAN, with five-level page
 * tables, where memory begins. A timer interrupt at that moment makes KASAN report every access, so the boot never
 * ends.
 */
export function selfChecks(config: string): Pick<Kernel, 'patience' | 'args'> {
  return { patience: SLOW.test(config) ? 3 : 1, args: KASAN.test(config) ? ['no5lvl'] : [] };
}
