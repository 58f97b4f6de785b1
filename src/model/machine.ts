/** The machine that a guest sees: processor, memory, clock and the IOMMU between its devices and its memory. */
import { z } from 'zod';
import { Id } from './id.js';

const Translated = z.enum(['lazy', 'strict', 'passthrough']);

/**
 * The IOMMU that the machine has and the default domain its kernel is asked for. `runtime: identity`: the kernel boots with that
 * domain, and the groups of all endpoints of the topology are then set to identity through sysfs, as an administrator would.
 */
export const Iommu = z
  .discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('none') }),
    z.strictObject({
      kind: z.literal('intel'),
      domain: Translated,
      /** The hypervisor wants to hear of every new mapping, too, which VFIO needs. */
      cachingMode: z.boolean().optional(),
      /** PASID tables instead of context entries, and the stage at which the kernel then translates: `first` has the CPU's table format. */
      scalable: z.enum(['first-stage', 'second-stage']).optional(),
      runtime: z.literal('identity').optional(),
    }),
    z.strictObject({ kind: z.literal('virtio'), domain: Translated, runtime: z.literal('identity').optional() }),
    z.strictObject({ kind: z.literal('amd'), domain: Translated, runtime: z.literal('identity').optional() }),
    z.strictObject({ kind: z.literal('smmuv3'), domain: Translated, runtime: z.literal('identity').optional() }),
  ])
  .superRefine((iommu, ctx) => {
    const object = (message: string) => ctx.addIssue({ code: 'custom', message });
    if (iommu.kind === 'none') return;
    if (iommu.domain === 'passthrough' && iommu.runtime !== undefined)
      object('domain passthrough is identity from the start: runtime has nothing to change');
    if (iommu.domain !== 'lazy') return;
    if (iommu.kind === 'amd')
      object('AMD-Vi under emulation caches what is not mapped, so the kernel makes every domain strict: take strict');
    // Not first-stage tables: a hypervisor nests those and has nothing to copy.
    if (iommu.kind === 'intel' && iommu.cachingMode && iommu.scalable !== 'first-stage')
      object('in caching mode the kernel makes every domain strict: take strict, or scalable first-stage');
  });
export type Iommu = z.infer<typeof Iommu>;

export const Machine = z
  .strictObject({
    id: Id,
    arch: z.enum(['x86_64', 'aarch64']),
    /** Does the host bridge forward peer-to-peer traffic? The kernel judges that by the CPU (QEMU.md, the host-bridge rule). */
    hostBridgeP2p: z.boolean(),
    vcpus: z.int().min(1).max(64),
    /** Promised to the guest; the host gives what the guest touches. */
    memoryMiB: z
      .int()
      .min(256)
      .max(1 << 20),
    /** A persistent memory module (NVDIMM) of this size besides, beyond 4 GiB: a file on the host. */
    nvdimmMiB: z
      .int()
      .min(128)
      .max(1 << 16)
      .multipleOf(128)
      .optional(),
    iommu: Iommu,
    /** `force`: the kernel copies all DMA through bounce buffers. */
    bounce: z.literal('force').optional(),
    /** Bits of the addresses that the device under test can send, as phyr_nvme tells the kernel; 64 if nothing is said. */
    dmaBits: z.int().min(28).max(63).optional(),
    /** `wall`: the guest's clock is real time. `icount`: it counts instructions; one vCPU, TCG, reproducible to the digit. */
    clock: z.enum(['wall', 'icount']),
    /** Further words for the kernel command line. */
    kernelArgs: z.array(z.string().regex(/^[\x21-\x7e]+$/)).default([]),
  })
  .superRefine((machine, ctx) => {
    const object = (message: string) => ctx.addIssue({ code: 'custom', message });
    const { arch, iommu } = machine;
    if (machine.clock === 'icount' && machine.vcpus !== 1) object('a machine whose clock is icount has one vCPU');
    if (!IOMMUS[arch].includes(iommu.kind)) object(`a machine of ${arch} has no IOMMU of the kind ${iommu.kind}`);
    if (machine.bounce !== undefined && domainInForce(iommu) !== 'none' && domainInForce(iommu) !== 'identity')
      object('behind an IOMMU that translates nothing is bounced by force: take none or passthrough');
    if (arch === 'aarch64' && machine.nvdimmMiB !== undefined)
      object('only a firmware tells a kernel of an NVDIMM, and arm64 guests boot without one');
    if (arch === 'aarch64' && machine.hostBridgeP2p)
      object('the kernel knows no ARM host bridge that forwards peer-to-peer traffic: hostBridgeP2p must be false');
  });
export type Machine = z.infer<typeof Machine>;

const IOMMUS: Record<'x86_64' | 'aarch64', readonly Iommu['kind'][]> = {
  x86_64: ['none', 'intel', 'virtio', 'amd'],
  aarch64: ['none', 'virtio', 'smmuv3'],
};

/** What stands between a device and memory once the guest is set up. */
export type DomainInForce = 'none' | 'identity' | 'lazy' | 'strict';

export function domainInForce(iommu: Iommu): DomainInForce {
  if (iommu.kind === 'none') return 'none';
  return iommu.runtime ?? (iommu.domain === 'passthrough' ? 'identity' : iommu.domain);
}

/** Does DMA of an ordinary device go through page tables of the IOMMU? */
export function translates(iommu: Iommu): boolean {
  const domain = domainInForce(iommu);
  return domain === 'lazy' || domain === 'strict';
}
