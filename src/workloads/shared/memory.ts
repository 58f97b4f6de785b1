import { z } from 'zod';

/** Pages that user memory comes in: small ones, transparent huge pages of 64 KiB and 2 MiB, and those of the kernel's own pool. */
export const HostMemory = z.enum(['4k', '64k', '2m', 'hugetlb']);
export type HostMemory = z.infer<typeof HostMemory>;

/**
 * The parts of somebody's memory that a dma-buf is made of, and their order (src/workloads/shared/ranges.ts): `one`; several that do not touch,
 * `apart`, and the same `backwards`; two that do `touch`, the latter first; single `pages`; `large` ones, the first with an address
 * for huge pages; `mixed`, whose number, sizes and order the cell's seed gives.
 */
export const RangeLayout = z.enum(['one', 'apart', 'backwards', 'touching', 'pages', 'large', 'mixed']);
export type RangeLayout = z.infer<typeof RangeLayout>;

/** The physically contiguous pieces that it must come in, or it is not what its name says. Bytes. */
export const PIECE: Record<HostMemory, number> = { '4k': 4096, '64k': 65_536, '2m': 2 ** 21, hugetlb: 2 ** 21 };

/** Why there is no so much memory in such pages: where one of 2 MiB would fit, that is what the memory comes in. */
export function notInPages({ memory, kib }: { memory: HostMemory; kib: number }): string | undefined {
  return memory === '64k' && kib > 1920 ? 'memory in pages of 64 KiB is less than 2 MiB' : undefined;
}

/**
 * Whose memory a device works on: `user` is a process's own; `page-less` is RAM that the machine reserves, so that it has no struct pages;
 * `peer` is a peer's BAR with struct pages, `peer-page-less` the same without; `peer-vfio` is one that the kernel's vfio-pci
 * has and gives to a process, which no exporter of ours can take back.
 */
export const MemoryOwner = z.enum(['user', 'page-less', 'peer', 'peer-page-less', 'peer-vfio']);
export type MemoryOwner = z.infer<typeof MemoryOwner>;

/**
 * How the device gets to it. `direct`: named in each request; `registered`: mapped once, and used by slices. `dma-buf`: the same, of a
 * dma-buf whose exporter hands over the list of physical ranges; `dma-buf-sg`: whose exporter maps it, and hands over a scatterlist, as is
 * the kernel's way.
 */
export const Via = z.enum(['direct', 'registered', 'dma-buf', 'dma-buf-sg']);
export type Via = z.infer<typeof Via>;
