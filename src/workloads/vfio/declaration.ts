import { z } from 'zod';
import { Id } from '../../model/index.js';
import { HostMemory } from '../shared/memory.js';

/**
 * A process's memory in an address space of its device's own, by the kernel's VFIO (and iommufd where it has it) and by phyr_domain.ko,
 * on two devices of a kind: the first is the kernel's.
 */
export const Vfio = z.strictObject({
  id: Id,
  kind: z.literal('vfio'),
  memory: HostMemory,
  kib: z.int().min(64).max(16_384).multipleOf(4),
  /** The device that moves the data. */
  engine: z.enum(['edu', 'iommu-testdev']),
});
export type Vfio = z.infer<typeof Vfio>;
