/** The command that runs a cell again, as a run's record keeps it: it works on any machine. */
import { basename, dirname } from 'node:path';
import { type CellRecord, invocation, quoted, withInvocation } from '../model/index.js';
import { runsFolder } from '../results/index.js';

export function reproLine(run: string, cellId: string): string {
  return `phyrlab repro ${quoted(`${run}/${cellId}`)}`;
}

/**
 * The record with the command as the user types it here. If the run is not in the usual place, the command names its folder, so that it
 * works in every shell. In a CI it names the run's id, because those who read the log do not have the folder.
 */
export function withLocalRepro(
  record: CellRecord,
  { run, folder }: { run: string; folder: string },
  env: NodeJS.ProcessEnv = process.env,
): CellRecord {
  // Earlier versions wrote more text around the command.
  if (!record.repro.includes(reproLine(run, record.id))) return { ...record, repro: withInvocation(record.repro, env) };
  const { PHYRLAB_RUNS: _, ...plain } = env;
  const usual = basename(folder) === run && dirname(folder) === runsFolder(undefined, plain);
  const repro = invocation(`repro ${quoted(`${usual || env.CI ? run : folder}/${record.id}`)}`, env);
  return { ...record, repro };
}
