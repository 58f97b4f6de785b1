import { z } from 'zod';
import { Id } from '../../model/index.js';

/** All sizes, directions and alignments from many threads, direct and through the page cache, with memory short. */
export const Stress = z.strictObject({
  id: Id,
  kind: z.literal('stress'),
  seconds: z.int().min(1).max(86_400),
  /** With direct I/O; one more goes through the page cache. */
  threads: z.int().min(1).max(64),
});
export type Stress = z.infer<typeof Stress>;
