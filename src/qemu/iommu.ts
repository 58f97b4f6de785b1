/** What each kind of IOMMU asks of QEMU's command line, of the kernel's, and how it is seen to fault. Pure. */
import { InfraError, type Iommu } from '../model/index.js';
import { OWN_SLOTS } from './pci.js';

export type Properties = Record<string, string | number>;

export interface IommuParts {
  /** Properties of the machine. */
  machine: Properties;
  /** Devices in order of creation; before any device whose DMA they translate. */
  devices: [driver: string, properties: Properties][];
  kernelArgs: string[];
  /** That the guest's init loads first. */
  modules?: string[];
  /** QEMU's trace events of a DMA that was not let through. Rare and cheap, so always on: an oracle needs them. */
  faultEvents: readonly string[];
}

const pci = (slot: number): Properties => ({ bus: 'pcie.0', addr: `0x${slot.toString(16)}` });

export function iommuParts(iommu: Iommu): IommuParts {
  const faultEvents = FAULT_EVENTS[iommu.kind];
  if (iommu.kind === 'none') return { machine: {}, devices: [], kernelArgs: [], faultEvents };
  const domain = DOMAIN_ARGS[iommu.domain];
  switch (iommu.kind) {
    case 'intel': {
      const scalable = { ...(iommu.scalable && { 'scalable-mode': 'on' }) };
      const first = { ...(iommu.scalable === 'first-stage' && { fsts: 'on' }) };
      const caching = { ...(iommu.cachingMode && { 'caching-mode': 'on' }) };
      return {
        machine: { 'kernel-irqchip': 'split' },
        devices: [['intel-iommu', { intremap: 'on', ...caching, ...scalable, ...first }]],
        kernelArgs: [iommu.scalable ? 'intel_iommu=on,sm_on' : 'intel_iommu=on', ...domain],
        faultEvents,
      };
    }
    case 'amd':
      // Made beforehand: by itself it would take the first slot, which is a root port's.
      return {
        machine: { 'kernel-irqchip': 'split' },
        devices: [
          ['AMDVI-PCI', { id: 'amdvi', ...pci(OWN_SLOTS.iommu) }],
          ['amd-iommu', { 'pci-id': 'amdvi', 'dma-remap': 'on', intremap: 'on' }],
        ],
        kernelArgs: domain,
        faultEvents,
      };
    case 'virtio':
      // A module even where all else is built in. The kernel holds back the devices behind it until it is there.
      return {
        machine: {},
        devices: [['virtio-iommu-pci', { id: 'iommu', ...pci(OWN_SLOTS.iommu) }]],
        kernelArgs: domain,
        modules: ['virtio_iommu'],
        faultEvents,
      };
    case 'smmuv3':
      return { machine: { iommu: 'smmuv3' }, devices: [], kernelArgs: domain, faultEvents };
  }
}

const DOMAIN_ARGS: Record<'lazy' | 'strict' | 'passthrough', string[]> = {
  strict: ['iommu.passthrough=0', 'iommu.strict=1'],
  lazy: ['iommu.passthrough=0', 'iommu.strict=0'],
  passthrough: ['iommu.passthrough=1'],
};

const FAULT_EVENTS: Record<Iommu['kind'], readonly string[]> = {
  none: [],
  intel: ['vtd_dmar_fault', 'vtd_frr_new'],
  virtio: ['virtio_iommu_report_fault'],
  amd: ['amdvi_page_fault', 'amdvi_mode_invalid', 'amdvi_invalid_dte', 'amdvi_dte_get_fail', 'amdvi_get_pte_hwerror'],
  smmuv3: ['smmuv3_propagate_event', 'smmuv3_translate_abort'],
};

/** The oldest QEMU in which an IOMMU was seen to work; before it, properties have other names or DMA hangs. */
const SINCE: [major: number, minor: number] = [11, 1];

/** Why this QEMU cannot be that machine, if it cannot. */
export function qemuLacks(iommu: Iommu, version: string): string | undefined {
  const demanding = iommu.kind === 'amd' || (iommu.kind === 'intel' && iommu.scalable !== undefined);
  if (!demanding) return undefined;
  const [, major, minor] = /^(\d+)\.(\d+)/.exec(version) ?? [];
  if (major === undefined || minor === undefined) throw new InfraError(`'${version}' is no version of QEMU`);
  const enough = Number(major) > SINCE[0] || (Number(major) === SINCE[0] && Number(minor) >= SINCE[1]);
  const what = iommu.kind === 'amd' ? 'AMD-Vi that remaps DMA' : `scalable mode, ${iommu.scalable}`;
  return enough ? undefined : `${what} needs QEMU ${SINCE.join('.')} or newer; this one is ${version}`;
}
