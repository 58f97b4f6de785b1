/** The guest kernel's command line for a machine. Pure. */
import type { Machine } from '../model/index.js';

/**
 * Under emulation the guest's clock checks, CPU mitigations and self-tests of ciphers (which nobody here trusts or doubts) only cost boot
 * time: the last nearly half of its instructions. Without KASLR addresses stay put between boots.
 */
const COMMON = ['console=ttyS0', 'ignore_loglevel', 'panic=-1', 'mitigations=off', 'nokaslr', 'cryptomgr.notests'];
const EMULATED = ['tsc=reliable', 'no_timer_check'];

export function kernelArgs(machine: Machine, accelerator: 'kvm' | 'tcg'): string[] {
  return [...COMMON, ...(accelerator === 'tcg' ? EMULATED : []), ...iommuArgs(machine), ...machine.kernelArgs];
}

function iommuArgs({ iommu }: Machine): string[] {
  if (iommu.kind === 'none') return [];
  switch (iommu.domain) {
    case 'strict':
      return ['intel_iommu=on', 'iommu.passthrough=0', 'iommu.strict=1'];
    case 'lazy':
      return ['intel_iommu=on', 'iommu.passthrough=0', 'iommu.strict=0'];
    case 'passthrough':
      return ['intel_iommu=on', 'iommu=pt'];
  }
}
