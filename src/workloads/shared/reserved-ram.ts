import type { Machine } from '../../model/index.js';

/** The RAM that the kernel is told to leave alone, and so has no struct pages for if it is whole sections of 128 MiB. */
export function reservedRam(machine: Machine): { base: string; bytes: number } | undefined {
  for (const word of machine.kernelArgs) {
    const [, mib, base] = /^memmap=(\d+)M\$(0x[0-9a-f]+)$/.exec(word) ?? [];
    if (mib !== undefined && base !== undefined) return { base, bytes: Number(mib) << 20 };
  }
  return undefined;
}
