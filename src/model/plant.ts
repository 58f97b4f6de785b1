import { z } from 'zod';

/** A defect that phyr.ko is built with on purpose, to show that an alarm rings (guest/plants, which has a patch for each). */
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
  'post-twice',
]);
export type Plant = z.infer<typeof Plant>;
