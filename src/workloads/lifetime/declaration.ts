import { z } from 'zod';
import { Id } from '../../model/index.js';

/** I/O with memory of a process to which something happens, before it and again and again while it is under way. */
export const Lifetime = z.strictObject({
  id: Id,
  kind: z.literal('lifetime'),
  /** It forks and the child writes; it is moved; its pages are given up; its file is cut; its huge page is split, or is made; it is swapped out. */
  event: z.enum(['fork', 'mremap', 'dontneed', 'truncate', 'thp-split', 'thp-collapse', 'swap']),
  /** Of the memory. */
  sizeKiB: z.int().min(4).max(1024).multipleOf(4),
});
export type Lifetime = z.infer<typeof Lifetime>;
