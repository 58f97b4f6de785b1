import { z } from 'zod';
import { Id } from '../../model/index.js';
import { HostMemory, RangeLayout } from '../shared/memory.js';

const HostPoint = z.strictObject({
  memory: HostMemory,
  kib: z
    .int()
    .min(4)
    .max(2 << 20)
    .multipleOf(4),
});
/** A dma-buf of RAM without struct pages; ranges that are drawn would cost something else with every seed. */
const LentPoint = z.strictObject({ memory: z.literal('dma-buf'), ranges: RangeLayout.exclude(['mixed']) });

/**
 * Instructions of giving a device a process's memory, beside the kernel's ways: `domain` by entering it into a domain of the device's
 * own, `region` by registering it; this a dma-buf's as well. Needs a machine whose clock is `icount`.
 */
export const UserCost = z.discriminatedUnion('what', [
  z.strictObject({
    id: Id,
    kind: z.literal('user-cost'),
    what: z.literal('domain'),
    points: z.array(HostPoint).min(1),
  }),
  z.strictObject({
    id: Id,
    kind: z.literal('user-cost'),
    what: z.literal('region'),
    points: z.array(z.discriminatedUnion('memory', [HostPoint, LentPoint])).min(1),
  }),
]);
export type UserCost = z.infer<typeof UserCost>;
