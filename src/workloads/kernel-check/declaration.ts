import { z } from 'zod';
import { Id } from '../../model/index.js';

/** A module does what a kernel that checks itself must object to: shows that its reports arrive. */
export const KernelCheck = z.strictObject({
  id: Id,
  kind: z.literal('kernel-check'),
  fault: z.enum(['use-after-free', 'inversion', 'atomic-sleep', 'leak', 'short-unmap']),
});
export type KernelCheck = z.infer<typeof KernelCheck>;
