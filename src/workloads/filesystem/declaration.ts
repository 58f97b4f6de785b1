import { z } from 'zod';
import { Id } from '../../model/index.js';

/** Make a file system, fill it, unmount, check it again. */
export const Filesystem = z.strictObject({ id: Id, kind: z.literal('filesystem'), files: z.int().min(1).max(1000) });
export type Filesystem = z.infer<typeof Filesystem>;
