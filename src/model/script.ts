import { z } from 'zod';
import { Backend } from './backend.js';

/** A command of the user's that runs in place of the cells' workloads. Paths are absolute. */
export const Script = z.strictObject({
  file: z.string(),
  args: z.array(z.string()),
  /** What else goes into its folder in the guest. */
  files: z.array(z.string()),
  verdict: z.enum(['exit', 'ktap', 'fio']),
  /** In seconds. */
  deadline: z.int().min(1),
  /** In place of those of the cells. */
  backend: Backend.exactOptional(),
  /** It does no I/O on the disk under test. */
  idle: z.boolean(),
});
export type Script = z.infer<typeof Script>;
