import { z } from 'zod';
import { Id } from '../../model/index.js';

/** Write through our driver and read through the kernel's, then the other way round. */
export const Crosscheck = z.strictObject({
  id: Id,
  kind: z.literal('crosscheck'),
  sizeKiB: z
    .int()
    .min(64)
    .max(1 << 20),
});
export type Crosscheck = z.infer<typeof Crosscheck>;
