/** Which cells run the code of a mutant, by the coverage that a run measured. */
import { type Coverage, cellsReaching } from '../coverage/index.js';
import type { Mutant } from './mutants.js';

export interface Reach {
  cells: string[];
  /** The line that was asked for is one with code; else one near it answers. */
  exact: boolean;
}

/** @param path of the file, as the coverage names it */
export function reachOf(coverage: Coverage, path: string, { where }: Pick<Mutant, 'where'>): Reach {
  const known = coverage.files.find((file) => file.path === path)?.lines;
  for (const [at, lines] of where.entries()) {
    const code = lines.filter((line) => known?.has(line));
    if (code.length > 0) return { cells: cellsReaching(coverage, path, code), exact: at === 0 };
  }
  return { cells: [], exact: false };
}
