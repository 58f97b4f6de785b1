/** Finds where a series changed, for either kind of series. */
import { type ChangePoint, changePoints } from './change-points.js';

/**
 * A count has changed if it differs; a timing if chance does not explain the difference.
 * @param values oldest first, one per run
 * @param within how many of the newest timings are searched: the search is quadratic
 */
export function changesOf(kind: 'exact' | 'noisy', values: readonly number[], within = 400): ChangePoint[] {
  if (kind === 'noisy') {
    const skipped = Math.max(0, values.length - within);
    return changePoints(values.slice(skipped)).map((change) => ({ ...change, at: change.at + skipped }));
  }
  return values.flatMap((after, at) => {
    const before = values[at - 1];
    return before === undefined || before === after ? [] : [{ at, before, after, p: 0 }];
  });
}
