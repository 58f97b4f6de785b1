/** Runs that measured coverage. */
import { existsSync } from 'node:fs';
import { basename, join } from 'node:path';
import { COVERAGE, type RunCoverage, readCoverage } from '../coverage/index.js';
import { UsageError } from '../model/index.js';
import { runFolders } from '../results/index.js';

export function newestMeasured(runs: string): string {
  const folder = runFolders(runs).find((one) => existsSync(join(one, COVERAGE)));
  if (folder === undefined) throw new UsageError(`no run in ${runs} has measured coverage`, 'phyrlab coverage smoke');
  return folder;
}

export async function measuredIn(folder: string): Promise<RunCoverage> {
  const kept = await readCoverage(folder);
  if (kept === undefined)
    throw new UsageError(`the run ${basename(folder)} did not measure coverage`, 'phyrlab run --coverage does');
  return kept;
}
