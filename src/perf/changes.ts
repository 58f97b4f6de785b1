/** Where the line of a series changed, whatever kind of figure it is. */
import { type ChangePoint, changePoints } from './change-points.js';

/**
 * A count changes when it changes; a timing when chance does not explain it.
 * @param values oldest first, one a run
 * @param within how many of the newest are searched for changes of a timing: the search takes the square of it
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
