import { z } from 'zod';
import { Id } from '../../model/index.js';

/** phyr.ko's own tests (guest/phyr_test), bound to the device under test. Needs reserved RAM. */
export const Ktap = z.strictObject({
  id: Id,
  kind: z.literal('ktap'),
  /** `all`: every group but that of failures; `failures`: each allocation, link, pin, ... is refused in turn. */
  cases: z.enum(['all', 'failures']),
  /** BARs that are offered with struct pages: one below the switch of the device under test, one behind another root port. */
  peers: z.array(Id).min(1),
  /** A BAR that is lent without struct pages. */
  lent: Id,
});
export type Ktap = z.infer<typeof Ktap>;
