import type { Machine } from '../../model/index.js';

export const NO_RESERVED_RAM = 'the machine reserves no RAM (its field `reserved`)';

/** The RAM that the kernel does not use, as parameters for our modules. */
export function reservedRam({ reserved }: Machine): { base: string; bytes: number } | undefined {
  if (reserved === undefined) return undefined;
  return { base: `0x${reserved.at.toString(16)}`, bytes: reserved.mib << 20 };
}
