import { z } from 'zod';

/**
 * The addresses of one module's sections in guest memory. Printed by `lab sections`, and recorded by `insmod` on
 * request.
 */
export const Sections = z.object({
  module: z.string().max(64),
  sections: z.record(z.string().max(128), z.string().regex(/^0x[0-9a-f]{1,16}$/)),
});
export type Sections = z.infer<typeof Sections>;
