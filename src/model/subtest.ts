import { z } from 'zod';
import { ShortLine } from './short-line.js';

/** A test inside a cell, as its command reported it. `todo`: it failed, as its author expects. */
export const Subtest = z.strictObject({
  name: ShortLine,
  status: z.enum(['pass', 'fail', 'skip', 'todo']),
  detail: ShortLine.exactOptional(),
});
export type Subtest = z.infer<typeof Subtest>;

/** More are not recorded: the first are, and all that failed come before the others. */
export const MOST_SUBTESTS = 2000;

/** As many as are recorded, in their order; if some must go, they are of those that did not fail. */
export function recordedSubtests(subtests: readonly Subtest[]): Subtest[] {
  if (subtests.length <= MOST_SUBTESTS) return [...subtests];
  const failed = subtests.filter(({ status }) => status === 'fail').slice(0, MOST_SUBTESTS);
  let room = MOST_SUBTESTS - failed.length;
  const kept = new Set(failed);
  return subtests.filter((subtest) => kept.has(subtest) || (subtest.status !== 'fail' && room-- > 0));
}
