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
