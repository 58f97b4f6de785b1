/** The machine that a guest sees: processor, memory, clock and IOMMU. */
import { z } from 'zod';
import { ArchId, archOf } from '../arches/index.js';
import { domainInForce, Iommu, modelOf } from '../iommus/index.js';
import { Id } from './id.js';

export { ArchId } from '../arches/index.js';
export { type DomainInForce, domainInForce, hasIommu, Iommu, runtimeOf, translates } from '../iommus/index.js';

/** q35 has at most this much RAM below 4 GiB, and the rest above. */
const LOW_MIB = 2048;

const Declared = z
  .strictObject({
    id: Id,
    arch: ArchId,
    /** Does the host bridge forward peer-to-peer traffic? The kernel decides by the CPU. */
    hostBridgeP2p: z.boolean(),
    vcpus: z.int().min(1).max(64),
    /** The guest's RAM. The host provides only what the guest touches. */
    memoryMiB: z
      .int()
      .min(256)
      .max(1 << 20),
    /** The size of an NVDIMM above 4 GiB, which is a file on the host. */
    nvdimmMiB: z
      .int()
      .min(128)
      .max(1 << 16)
      .multipleOf(128)
      .optional(),
    /** RAM that the kernel does not use. Whole sections of 128 MiB have no struct pages. */
    reserved: z.strictObject({ at: z.int().min(0).multipleOf(4096), mib: z.int().min(1) }).optional(),
    iommu: Iommu,
    /** `force`: the kernel copies all DMA through bounce buffers. */
    bounce: z.literal('force').optional(),
    /** DMA address bits of the device under test, as phyr_nvme tells the kernel; default 64. */
    dmaBits: z.int().min(28).max(63).optional(),
    /** `wall`: the guest's clock is real time. `icount`: it counts instructions, with one vCPU under TCG, and is exactly reproducible. */
    clock: z.enum(['wall', 'icount']),
    /** Further kernel arguments. */
    kernelArgs: z.array(z.string().regex(/^[\x21-\x7e]+$/)).default([]),
  })
  .superRefine((machine, ctx) => {
    const object = (message: string) => ctx.addIssue({ code: 'custom', message });
    const { arch, iommu } = machine;
    const { lacks } = archOf(machine);
    if (machine.clock === 'icount' && machine.vcpus !== 1)
      object('a machine with the clock icount has exactly one vCPU');
    if (!modelOf(iommu).arches.includes(arch))
      object(`an ${arch} machine cannot have an IOMMU of the kind ${iommu.kind}`);
    if (machine.bounce !== undefined && domainInForce(iommu) !== 'none' && domainInForce(iommu) !== 'identity')
      object("bounce: 'force' needs a machine without an IOMMU or with one in passthrough");
    if (lacks.nvdimm !== undefined && machine.nvdimmMiB !== undefined) object(lacks.nvdimm);
    if (lacks.hostBridgeP2p !== undefined && machine.hostBridgeP2p) object(lacks.hostBridgeP2p);
    if (machine.reserved === undefined) return;
    if (lacks.reserved !== undefined) object(lacks.reserved);
    const ends = Math.min(machine.memoryMiB, LOW_MIB);
    if (machine.reserved.at / 2 ** 20 + machine.reserved.mib > ends)
      object(`the reserved range is not all RAM, which ends at ${ends} MiB (0x${(ends * 2 ** 20).toString(16)})`);
  });

export const Machine = z.preprocess(asField, Declared);
export type Machine = z.infer<typeof Machine>;

/** Older scenarios and results declared reserved RAM as a kernel argument. */
function asField(machine: unknown): unknown {
  const { data } = WithWords.safeParse(machine);
  for (const word of data?.kernelArgs ?? []) {
    const [, mib, at] = /^memmap=(\d+)M\$(0x[0-9a-f]+)$/.exec(word) ?? [];
    if (data === undefined || mib === undefined || data.reserved !== undefined) continue;
    return {
      ...data,
      kernelArgs: data.kernelArgs.filter((other) => other !== word),
      reserved: { at: Number(at), mib: Number(mib) },
    };
  }
  return machine;
}

const WithWords = z.looseObject({ kernelArgs: z.array(z.string()), reserved: z.unknown().optional() });
