import { z } from 'zod';
import { Id } from '../../model/index.js';

/** Disk -> BAR of the peer -> disk, without the CPU touching a byte. */
export const P2pCopy = z.strictObject({
  id: Id,
  kind: z.literal('p2p-copy'),
  peer: Id,
  sizeKiB: z
    .int()
    .min(4)
    .max(1 << 20),
});
export type P2pCopy = z.infer<typeof P2pCopy>;
