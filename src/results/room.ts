/** Which runs go when room is wanted. Pure, so that what is announced is what is done. */

export interface KeptRun {
  folder: string;
  bytes: number;
  /** At work, or of this very night: never removed. */
  needed: boolean;
}

/**
 * @param runs newest first
 * @param keep how many runs stay at most
 * @param room bytes that they may take together
 */
export function runsToRemove(runs: readonly KeptRun[], keep: number, room: number): KeptRun[] {
  let kept = runs.filter(({ needed }) => needed).length;
  let bytes = runs.reduce((sum, run) => sum + (run.needed ? run.bytes : 0), 0);
  return runs.filter((run) => {
    if (run.needed) return false;
    if (kept >= keep || bytes + run.bytes > room) {
      // An older, smaller one does not outlive it.
      kept = keep;
      return true;
    }
    kept++;
    bytes += run.bytes;
    return false;
  });
}
