/** A line of JSON that the guest printed bears its kind: the key that it says its facts under. */
import type { z } from 'zod';

/** Is it of the kind that this schema describes? Whether it says what it should is for the schema. */
export function isLineOf(schema: z.ZodObject, line: unknown): boolean {
  const [kind = ''] = Object.keys(schema.shape);
  return typeof line === 'object' && line !== null && Object.hasOwn(line, kind);
}
