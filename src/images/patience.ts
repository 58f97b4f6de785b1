/** Checks at every access or lock, which make a kernel several times slower. */
const CHECKS = /^CONFIG_(KASAN|KCSAN|KMSAN|PROVE_LOCKING|DEBUG_PAGEALLOC_ENABLE_DEFAULT)=y$/m;

/** How many times longer than with an ordinary kernel things may take with one of this configuration. */
export function patienceFor(config: string): number {
  return CHECKS.test(config) ? 3 : 1;
}
