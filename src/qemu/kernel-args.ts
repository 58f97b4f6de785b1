/** The guest kernel's command line for a machine and its topology. Pure. */
import { archOf } from '../arches/index.js';
import { iommuArgs, modelOf } from '../iommus/index.js';
import type { Machine, Topology } from '../model/index.js';

/**
 * Clock checks, CPU mitigations and crypto self-tests test nothing here and only make an emulated boot slower; the
 * self-tests take nearly half of its instructions. Without KASLR, addresses are the same in each boot. The log buffer
 * must hold everything until the cell ends, since it is read then.
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

/** Vendor and device id of QEMU's root port, the only bridge we use that has ACS. */
const ACS_PORTS = 'pci:1b36:000c';

function pciArgs({ acsRedirect }: Topology): string[] {
  return acsRedirect === false ? [`pci=disable_acs_redir=${ACS_PORTS}`] : [];
}
