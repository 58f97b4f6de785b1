export { type ArgvSpec, type Backing, backingFiles, cmbOf, NVDIMM, pmrOf, qemuArgv } from './argv.js';
export type { SerialConsole } from './console.js';
export { type Guest, type GuestOptions, startGuest } from './guest.js';
export { iommuParts, qemuLacks } from './iommu.js';
export { kernelArgs } from './kernel-args.js';
export { type PciDevice, pciDevices, pciPlan } from './pci.js';
export { type AcceleratorAnswer, type ProbeOptions, probeAccelerator } from './probe.js';
export { openNameless } from './scratch-file.js';
