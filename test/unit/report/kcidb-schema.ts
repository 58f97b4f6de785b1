/** What KCIDB's schema 5.3 asks for of what we submit: its rules, written anew, since its text has another licence. */
import { z } from 'zod';

const text = z.string().regex(/^[^\0]*$/);
const id = z.string().regex(/^[a-z0-9_]+:[^\0]*$/);
const origin = z.string().regex(/^[a-z0-9_]+$/);
const time = z.iso.datetime({ offset: true });
const status = z.enum(['FAIL', 'ERROR', 'MISS', 'PASS', 'DONE', 'SKIP']);
const misc = z.record(z.string(), z.unknown()).optional();
const comment = text.optional();

export const Kcidb = z.strictObject({
  version: z.strictObject({ major: z.literal(5), minor: z.int().min(0).max(3) }),
  checkouts: z.array(
    z.strictObject({ id, origin, tree_name: text, start_time: time, valid: z.boolean(), comment, misc }),
  ),
  builds: z.array(
    z.strictObject({
      id,
      origin,
      checkout_id: id,
      architecture: z.string().regex(/^[a-z0-9_]*$/),
      status,
      comment,
      misc,
    }),
  ),
  tests: z.array(
    z.strictObject({
      id,
      origin,
      build_id: id,
      path: z.string().regex(/^([a-zA-Z0-9_-]+(\.[a-zA-Z0-9_-]+)*)?$/),
      status,
      start_time: time.optional(),
      duration: z.number().optional(),
      environment: z.strictObject({ comment, misc }),
      log_excerpt: text.max(16_384).optional(),
      comment,
      misc,
    }),
  ),
  issues: z
    .array(
      z.strictObject({
        id,
        origin,
        version: z.int().min(0),
        culprit: z.strictObject({ code: z.boolean(), tool: z.boolean(), harness: z.boolean() }),
        comment,
      }),
    )
    .optional(),
  incidents: z
    .array(
      z.strictObject({
        id,
        origin,
        issue_id: id,
        issue_version: z.int().min(0),
        test_id: id,
        present: z.boolean(),
        comment,
      }),
    )
    .optional(),
});
