/** The guest kernel's command line for a machine and its PCI tree. Pure. */
import { archOf } from '../arches/index.js';
import { iommuArgs, modelOf } from '../iommus/index.js';
import type { Machine, Topology } from '../model/index.js';

/**
 * Under emulation the guest's clock checks, CPU mitigations and self-tests of ciphers (which nobody here trusts or doubts) only cost boot
 * time: the last nearly half of its instructions. Without KASLR addresses stay put between boots. The log is read when a cell has ended, and
 * holds all of it, also of one that says much.
 */
const COMMON = ['ignore_loglevel', 'log_buf_len=2M', 'panic=-1', 'mitigations=off', 'nokaslr', 'cryptomgr.notests'];

export function kernelArgs(machine: Machine, topology: Topology, accelerator: 'kvm' | 'tcg'): string[] {
  const { console, emulatedArgs, reservedArgs } = archOf(machine);
  const { module } = modelOf(machine.iommu).kernel;
  const modules = [
    ...(module === undefined ? [] : [module.name]),
    ...(machine.nvdimmMiB === undefined ? [] : ['nd_pmem']),
  ];
  return [
    `console=${console}`,
    ...COMMON,
    ...(accelerator === 'tcg' ? emulatedArgs : []),
    ...iommuArgs(machine.iommu),
    ...(modules.length > 0 ? [`phyrlab_modules=${modules.join(',')}`] : []),
    ...(machine.bounce === 'force' ? ['swiotlb=force'] : []),
    ...pciArgs(topology),
    ...machine.kernelArgs,
    ...(machine.reserved === undefined ? [] : reservedArgs(machine.reserved)),
  ];
}

/** Vendor and device of QEMU's root port, the only bridge of ours that has access control services. */
const ACS_PORTS = 'pci:1b36:000c';

function pciArgs({ acsRedirect }: Topology): string[] {
  return acsRedirect === false ? [`pci=disable_acs_redir=${ACS_PORTS}`] : [];
}
