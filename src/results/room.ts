/** Decides which runs to remove when space is short. Pure, so that a dry run announces exactly what would be done. */

export interface KeptRun {
  folder: string;
  bytes: number;
  /** Still running, or part of the current night: never removed. */
  needed: boolean;
}

/**
 * @param runs newest first
 * @param keep the most runs to keep
 * @param room the most bytes that they may occupy together
 */
export function runsToRemove(runs: readonly KeptRun[], keep: number, room: number): KeptRun[] {
  let kept = runs.filter(({ needed }) => needed).length;
  let bytes = runs.reduce((sum, run) => sum + (run.needed ? run.bytes : 0), 0);
  return runs.filter((run) => {
    if (run.needed) return false;
    if (kept >= keep || bytes + run.bytes > room) {
      // Once a run does not fit, all older ones go, even smaller ones.
      kept = keep;
      return true;
    }
    kept++;
    bytes += run.bytes;
    return false;
  });
}
