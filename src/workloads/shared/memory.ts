import { z } from 'zod';

/** The pages of user memory: small ones, transparent huge pages of 64 KiB or 2 MiB, or hugetlb pages. */
export const HostMemory = z.enum(['4k', '64k', '2m', 'hugetlb']);
export type HostMemory = z.infer<typeof HostMemory>;

/**
 * How the ranges of a dma-buf are laid out in the exporter's memory, and in which order (ranges.ts): `one`; several with gaps (`apart`), or the
 * same `backwards`; two that are adjacent, the second first (`touching`); single `pages`; `large` ones, the first aligned for huge pages;
 * `mixed`, with number, sizes and order from the cell's seed.
 */
export const RangeLayout = z.enum(['one', 'apart', 'backwards', 'touching', 'pages', 'large', 'mixed']);
export type RangeLayout = z.infer<typeof RangeLayout>;

/** The physically contiguous pieces that such memory must consist of, in bytes. */
export const PIECE: Record<HostMemory, number> = { '4k': 4096, '64k': 65_536, '2m': 2 ** 21, hugetlb: 2 ** 21 };

/** Why so much memory cannot consist of such pages: where a huge page of 2 MiB fits, the kernel uses one. */
export function notInPages({ memory, kib }: { memory: HostMemory; kib: number }): string | undefined {
  return memory === '64k' && kib > 1920 ? 'memory in pages of 64 KiB is less than 2 MiB' : undefined;
}

/**
 * The memory that a device works on: `user` is a process's own. `page-less` is RAM that the machine reserves and that has no struct pages.
 * `peer` is a peer's BAR with struct pages, `peer-page-less` one without. `peer-vfio` is a BAR that vfio-pci exports, which our exporters cannot
 * revoke.
 */
export const MemoryOwner = z.enum(['user', 'page-less', 'peer', 'peer-page-less', 'peer-vfio']);
export type MemoryOwner = z.infer<typeof MemoryOwner>;

/**
 * How the memory is named. `direct`: by each request. `registered`: mapped once and used in slices. `dma-buf`: as registered, from a dma-buf
 * whose exporter provides the list of physical ranges. `dma-buf-sg`: from one whose exporter maps it and provides a scatterlist, as the kernel's
 * exporters do.
 */
export const Via = z.enum(['direct', 'registered', 'dma-buf', 'dma-buf-sg']);
export type Via = z.infer<typeof Via>;
