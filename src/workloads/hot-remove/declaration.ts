import { z } from 'zod';
import { Id } from '../../model/index.js';

/** The device goes while I/O is under way, by the slot's button or by the driver's `unbind`, and comes back. */
export const HotRemove = z.strictObject({
  id: Id,
  kind: z.literal('hot-remove'),
  how: z.enum(['unplug', 'unbind']),
  threads: z.int().min(1).max(64),
});
export type HotRemove = z.infer<typeof HotRemove>;
