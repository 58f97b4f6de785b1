/** JSON lines from the guest: the first key names the kind of the line. */
import type { z } from 'zod';

/** Is the line of the kind that this schema describes? The schema then checks its content. */
export function isLineOf(schema: z.ZodObject, line: unknown): boolean {
  const [kind = ''] = Object.keys(schema.shape);
  return typeof line === 'object' && line !== null && Object.hasOwn(line, kind);
}
