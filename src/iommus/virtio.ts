import { ARCHES, needs } from '../arches/index.js';
import { Domain, defineIommu, hex, Runtime } from './iommu.js';

/** virtio-iommu, a paravirtual IOMMU: the guest sends it mappings as requests. */
export const virtio = defineIommu(
  'virtio',
  { domain: Domain, runtime: Runtime },
  {
    arches: ARCHES.map(({ id }) => id),
    objection: () => undefined,

    qemu: {
      machine: {},
      devices: (_, place) => [['virtio-iommu-pci', { id: 'iommu', ...place }]],
      since: () => undefined,
      unsaved: undefined,
    },

    kernel: {
      args: () => [],
      needs: needs('m', 'machines with virtio-iommu', 'VIRTIO_IOMMU'),
      small: true,
      // It is a module even where everything else is built in. The kernel defers the devices behind it until it is
      // loaded.
      module: { name: 'virtio_iommu', needs: ['virtio_pci'] },
      // The name is its PCI address.
      sysfs: /^[0-9a-f]{4}:[0-9a-f]{2}:/,
    },

    trace: {
      events: /^virtio_iommu_\w+/,
      faults: ['virtio_iommu_report_fault'],
      echoes: [],
      watched: () => ['virtio_iommu_translate_out'],
      invalidations: false,
      read(_, text) {
        const [, iova, phys, sid] = /0x([0-9a-f]+) -> 0x([0-9a-f]+) for sid=(\d+)/.exec(text) ?? [];
        return sid === undefined ? undefined : { requester: Number(sid), iova: hex(iova), phys: hex(phys) };
      },
    },

    log: {
      driver: /virtio_iommu/,
      fault: /virtio_iommu.*\bfault\b/,
      queueError: undefined,
      otherError: undefined,
      provoked: [/^virtio_iommu \S+: page fault from EP/, /^viommu_fault_handler: \d+ callbacks suppressed$/],
      allowed: [],
    },

    tables: undefined,
    // The mappings are in the device.
    tablesInMemory: false,
    writeOnly: () => true,

    labels: { traits: () => ['virtio'], more: () => [], column: 'virtio ' },
  },
);
