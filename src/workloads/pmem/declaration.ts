import { z } from 'zod';
import { Id } from '../../model/index.js';

/**
 * I/O between the disk and an NVDIMM, by the kernel's path and by ours; then the guest is switched off and on, and it must hold what it
 * held. `raw`: memory without struct pages, lent by phyr_store; `fsdax`: with pages, a file of a file system on it.
 */
export const Pmem = z.strictObject({
  id: Id,
  kind: z.literal('pmem'),
  mode: z.enum(['raw', 'fsdax']),
  /** Of one copy. */
  sizeKiB: z.int().min(64).max(4096).multipleOf(4),
});
export type Pmem = z.infer<typeof Pmem>;
