import { z } from 'zod';
import { Id } from '../../model/index.js';

/** Instructions of whole reads and writes in the driver, of pages of which none adjoins the next; needs `icount` as well. */
export const IoCost = z.strictObject({
  id: Id,
  kind: z.literal('io-cost'),
  sizesKiB: z.array(z.int().min(4).max(4096).multipleOf(4)).min(1),
});
export type IoCost = z.infer<typeof IoCost>;
