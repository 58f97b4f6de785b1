import { z } from 'zod';

/** A defect that is planted in phyr.ko to show that an alarm rings. Each is a patch in guest/plants. */
export const Plant = z.enum([
  'short-map',
  'skip-unmap',
  'swap-direction',
  'both-directions',
  'early-unmap',
  'wrong-length',
  'wrong-bias',
  'wrong-bus-offset',
  'no-mmio',
  'skip-sync',
  'wrong-slice',
  'pin-leak',
  'no-pin',
  'wrong-order',
  'wrong-iova',
  'swap-ranges',
  'skip-drain',
  'keep-import',
  'short-flush',
  'post-twice',
  'keep-file',
]);
export type Plant = z.infer<typeof Plant>;
