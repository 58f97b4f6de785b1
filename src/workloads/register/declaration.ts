import { z } from 'zod';
import { Id } from '../../model/index.js';
import { HostMemory, RangeLayout } from '../shared/memory.js';

/** Of whose memory a region is made: a process's own; or a dma-buf of memory without struct pages, named as in `ctl-io`. */
export const RegionSource = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('user'),
    memory: HostMemory,
    kib: z.int().min(64).max(16_384).multipleOf(4),
  }),
  z.strictObject({
    kind: z.literal('dma-buf'),
    memory: z.enum(['page-less', 'peer-page-less', 'peer-vfio']),
    peer: Id.optional(),
    via: z.enum(['dma-buf', 'dma-buf-sg']),
    ranges: RangeLayout,
  }),
]);
export type RegionSource = z.infer<typeof RegionSource>;

/**
 * Memory that is registered with a DMA engine: mapped once, described in blocks, used by key from several processes, and deregistered
 * while they use it; a dma-buf is taken back by its exporter as well.
 */
export const Register = z
  .strictObject({
    id: Id,
    kind: z.literal('register'),
    from: RegionSource,
    engine: z.enum(['edu', 'iommu-testdev']),
    processes: z.int().min(1).max(16),
  })
  .superRefine(({ from }, ctx) => {
    if (from.kind === 'dma-buf' && from.memory.startsWith('peer') !== (from.peer !== undefined))
      ctx.addIssue({
        code: 'custom',
        path: ['from', 'peer'],
        message: "memory 'peer-page-less' and 'peer-vfio' name the peer, the other has none",
      });
  });
export type Register = z.infer<typeof Register>;
