/** The command that runs a cell of a run again: as it is kept, which is good on any machine, and as it is shown on this one. */
import { basename, dirname } from 'node:path';
import { type CellRecord, quoted, typed, typedHere } from '../model/index.js';
import { runsFolder } from '../results/index.js';

export function keptCommand(run: string, cellId: string): string {
  return `phyrlab repro ${quoted(`${run}/${cellId}`)}`;
}

/**
 * The record with the command as it is typed here. A run that is not where runs are kept goes by its folder, so that the command means the
 * same in every shell; in a CI, whose folders nobody who reads it has, by its name.
 */
export function shownHere(
  record: CellRecord,
  { run, folder }: { run: string; folder: string },
  env: NodeJS.ProcessEnv = process.env,
): CellRecord {
  // With what earlier versions wrote around it.
  if (!record.repro.includes(keptCommand(run, record.id))) return { ...record, repro: typedHere(record.repro, env) };
  const { PHYRLAB_RUNS: _, ...plain } = env;
  const usual = basename(folder) === run && dirname(folder) === runsFolder(undefined, plain);
  const repro = typed(`repro ${quoted(`${usual || env.CI ? run : folder}/${record.id}`)}`, env);
  return { ...record, repro };
}
