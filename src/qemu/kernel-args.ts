/** The guest kernel's command line for a machine and its PCI tree. Pure. */
import type { Machine, Topology } from '../model/index.js';

/**
 * Under emulation the guest's clock checks, CPU mitigations and self-tests of ciphers (which nobody here trusts or doubts) only cost boot
 * time: the last nearly half of its instructions. Without KASLR addresses stay put between boots.
 */
const COMMON = ['console=ttyS0', 'ignore_loglevel', 'panic=-1', 'mitigations=off', 'nokaslr', 'cryptomgr.notests'];
const EMULATED = ['tsc=reliable', 'no_timer_check'];

export function kernelArgs(machine: Machine, topology: Topology, accelerator: 'kvm' | 'tcg'): string[] {
  return [
    ...COMMON,
    ...(accelerator === 'tcg' ? EMULATED : []),
    ...iommuArgs(machine),
    ...pciArgs(topology),
    ...machine.kernelArgs,
  ];
}

/** Vendor and device of QEMU's root port, the only bridge of ours that has access control services. */
const ACS_PORTS = 'pci:1b36:000c';

function pciArgs({ acsRedirect }: Topology): string[] {
  return acsRedirect === false ? [`pci=disable_acs_redir=${ACS_PORTS}`] : [];
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
