/** The guest kernel's command line for a machine. Pure. */
import type { Machine } from '../model/index.js';
import { iommuParts } from './iommu.js';
import { platform } from './platform.js';

/**
 * Under emulation the guest's clock checks, CPU mitigations and self-tests of ciphers (which nobody here trusts or doubts) only cost boot
 * time: the last nearly half of its instructions. Without KASLR addresses stay put between boots.
 */
const COMMON = ['ignore_loglevel', 'panic=-1', 'mitigations=off', 'nokaslr', 'cryptomgr.notests'];

export function kernelArgs(machine: Machine, accelerator: 'kvm' | 'tcg'): string[] {
  const { console, emulatedArgs } = platform(machine);
  return [
    `console=${console}`,
    ...COMMON,
    ...(accelerator === 'tcg' ? emulatedArgs : []),
    ...iommuParts(machine.iommu).kernelArgs,
    ...(machine.bounce === 'force' ? ['swiotlb=force'] : []),
    ...machine.kernelArgs,
  ];
}
