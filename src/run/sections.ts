import { z } from 'zod';

/** Where sections of a module of ours are in the guest's memory: a line of `lab sections`, and of what `insmod` leaves when asked. */
export const Sections = z.object({
  module: z.string().max(64),
  sections: z.record(z.string().max(128), z.string().regex(/^0x[0-9a-f]{1,16}$/)),
});
export type Sections = z.infer<typeof Sections>;
