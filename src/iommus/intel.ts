import { z } from 'zod';
import { needs } from '../arches/index.js';
import { Domain, defineIommu, hex, type Invalidated, Runtime, requesterOf } from './iommu.js';
import { vtdMode, vtdPages } from './vtd-tables.js';

const PAGE = 4096;

const WATCHED = [
  'vtd_dmar_translate',
  'vtd_inv_desc_iotlb_global',
  'vtd_inv_desc_iotlb_domain',
  'vtd_inv_desc_iotlb_pages',
  'vtd_inv_desc_iotlb_pasid_pages',
  'vtd_inv_desc_iotlb_pasid',
];

/** VT-d. */
export const intel = defineIommu(
  'intel',
  {
    domain: Domain,
    /** Caching mode: the hypervisor is told of new mappings too, which VFIO needs. */
    cachingMode: z.boolean().optional(),
    /**
     * Scalable mode: PASID tables instead of context entries, and the stage at which the kernel translates.
     * `first-stage` uses the CPU's table format.
     */
    scalable: z.enum(['first-stage', 'second-stage']).optional(),
    runtime: Runtime,
  },
  {
    arches: ['x86_64'],
    // First-stage tables are exempt: a hypervisor nests them, so there is nothing to copy.
    objection: ({ domain, cachingMode, scalable }) =>
      domain === 'lazy' && cachingMode && scalable !== 'first-stage'
        ? 'in caching mode the kernel makes every domain strict: use strict, or scalable first-stage'
        : undefined,

    qemu: {
      machine: { 'kernel-irqchip': 'split' },
      devices: ({ cachingMode, scalable }) => [
        [
          'intel-iommu',
          {
            intremap: 'on',
            ...(cachingMode && { 'caching-mode': 'on' }),
            ...(scalable && { 'scalable-mode': 'on' }),
            ...(scalable === 'first-stage' && { fsts: 'on' }),
          },
        ],
      ],
      // In older versions properties have other names, or DMA hangs.
      since: ({ scalable }) =>
        scalable === undefined ? undefined : { version: [11, 1], what: `scalable mode, ${scalable}` },
      unsaved: undefined,
    },

    kernel: {
      args: ({ scalable }) => [scalable ? 'intel_iommu=on,sm_on' : 'intel_iommu=on'],
      needs: needs('y', 'machines with VT-d', 'INTEL_IOMMU'),
      small: true,
      module: undefined,
      sysfs: /^dmar\d+$/,
    },

    trace: {
      events: /^vtd_\w+/,
      faults: ['vtd_dmar_fault', 'vtd_frr_new'],
      // A fault that is recorded in a register.
      echoes: ['vtd_frr_new'],
      // The first stage is invalidated by PASID. For that QEMU traces only the descriptor.
      watched: ({ scalable }) => (scalable === 'first-stage' ? [...WATCHED, 'vtd_inv_desc'] : WATCHED),
      invalidations: true,
      read(event, text) {
        if (event === 'vtd_inv_desc') return inDescriptor(text);
        if (event.startsWith('vtd_inv_')) return invalidated(event, text);
        const [, place, iova, phys] = /dev (\S+) iova 0x([0-9a-f]+) -> gpa 0x([0-9a-f]+)/.exec(text) ?? [];
        return place === undefined ? undefined : { requester: requesterOf(place), iova: hex(iova), phys: hex(phys) };
      },
    },

    log: {
      driver: /DMAR/,
      fault: /DMAR:.*\[(DMA|INTR).*fault|fault addr 0x|DMAR: DRHD: handling fault/,
      queueError: /DMAR: .*(Invalidation (Queue|Completion|Time)|QI (HEAD|PRIOR)|\((IQE|ITE|ICE)\))/,
      otherError: /DMAR: ERROR|DMA PTE for vPFN/,
      provoked: [/^DMAR: .*fault/i, /^dmar_fault: \d+ callbacks suppressed$/],
      allowed: [],
    },

    tables: {
      mode: vtdMode,
      modeDue: ({ domain, runtime, scalable }) =>
        domain === 'passthrough' || runtime !== undefined ? 'passthrough' : (scalable ?? 'legacy'),
      pages: vtdPages,
    },
    tablesInMemory: true,
    // First-stage tables are the processor's, which has no write-only pages.
    writeOnly: ({ scalable }) => scalable !== 'first-stage',

    labels: {
      traits: ({ scalable, cachingMode }) => [
        'intel',
        ...(scalable ? [scalable] : []),
        ...(cachingMode ? ['caching'] : []),
      ],
      more: ({ scalable, cachingMode }) => [
        ...(cachingMode ? ['caching mode'] : []),
        ...(scalable === undefined ? [] : [`scalable mode, ${scalable}`]),
      ],
      // Most machines have this one, so it needs no label.
      column: '',
    },
  },
);

function invalidated(event: string, text: string): Invalidated {
  const pages = /addr 0x([0-9a-f]+) mask 0x([0-9a-f]+)/.exec(text);
  return event.endsWith('_pages') && pages
    ? { addr: hex(pages[1]), bytes: PAGE * 2 ** hex(pages[2]) }
    : { addr: 0, bytes: undefined };
}

/**
 * Low half, bits 5:4: by PASID, or by page. High half, bits 5:0: how many pages (a power of 2); bits 63:12: their
 * address.
 */
function inDescriptor(text: string): Invalidated | undefined {
  const [, high, low] = /type p-iotlb high 0x([0-9a-f]+) low 0x([0-9a-f]+)/.exec(text) ?? [];
  if (high === undefined) return undefined;
  const bits = hex(high);
  const bytes = PAGE * 2 ** (bits % 64);
  const byPage = Math.floor(hex(low) / 16) % 4 === 3;
  return byPage ? { addr: Math.floor(bits / bytes) * bytes, bytes } : { addr: 0, bytes: undefined };
}
