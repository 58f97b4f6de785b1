import { z } from 'zod';

/** Ids become parts of cell ids, file names and QEMU device ids. */
export const Id = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{0,40}$/, 'use lower-case letters, digits and dashes, at most 41 characters');
