import { needs } from '../arches/index.js';
import { Domain, defineIommu, hex, Runtime, requesterOf } from './iommu.js';

/** AMD-Vi. */
export const amd = defineIommu(
  'amd',
  { domain: Domain, runtime: Runtime },
  {
    arches: ['x86_64'],
    objection: ({ domain }) =>
      domain === 'lazy'
        ? 'AMD-Vi in QEMU caches non-present entries, so the kernel makes every domain strict: use strict'
        : undefined,

    qemu: {
      machine: { 'kernel-irqchip': 'split' },
      // The PCI function is created explicitly. Otherwise QEMU would put it into the first slot, which is a root
      // port's.
      devices: (_, place) => [
        ['AMDVI-PCI', { id: 'amdvi', ...place }],
        ['amd-iommu', { 'pci-id': 'amdvi', 'dma-remap': 'on', intremap: 'on' }],
      ],
      // Older versions do not translate DMA.
      since: () => ({ version: [11, 1], what: 'AMD-Vi with DMA remapping' }),
      // After a restore, devices use untranslated addresses, and QEMU does not report it (11.1, hw/i386/amd_iommu.c).
      unsaved: 'QEMU does not save which devices an AMD IOMMU translates for',
    },

    kernel: {
      args: () => [],
      needs: needs('y', 'machines with AMD-Vi', 'AMD_IOMMU'),
      small: false,
      module: undefined,
      sysfs: /^ivhd\d+$/,
    },

    trace: {
      events: /^amdvi_\w+/,
      faults: [
        'amdvi_page_fault',
        'amdvi_mode_invalid',
        'amdvi_invalid_dte',
        'amdvi_dte_get_fail',
        'amdvi_get_pte_hwerror',
      ],
      echoes: [],
      watched: () => ['amdvi_translation_result'],
      invalidations: false,
      read(_, text) {
        const [, place, iova, phys] = /devid: (\S+) gpa 0x([0-9a-f]+) hpa 0x([0-9a-f]+)/.exec(text) ?? [];
        return place === undefined
          ? undefined
          : { requester: requesterOf(place), iova: hex(iova), phys: hex(phys), largePage: true };
      },
    },

    log: {
      driver: /AMD-Vi/,
      fault: /AMD-Vi: Event logged/,
      queueError: /AMD-Vi: .*(Completion-Wait loop timed out|Command buffer timeout|INVALID_DEVICE_REQUEST)/,
      otherError: undefined,
      provoked: [
        /(^|: )AMD-Vi: Event logged \[IO_PAGE_FAULT/,
        /^amd_iommu_report_page_fault: \d+ callbacks suppressed$/,
      ],
      allowed: [
        {
          line: /^AMD-Vi: (\[Firmware Bug\]: : No southbridge IOAPIC found|Disabling interrupt remapping)$/,
          why: "QEMU's table of the AMD IOMMU lists no IOAPIC, so the kernel disables interrupt remapping",
          boot: true,
        },
      ],
    },

    tables: undefined,
    tablesInMemory: true,
    writeOnly: () => true,

    labels: { traits: () => ['amd'], more: () => [], column: 'amd ' },
  },
);
