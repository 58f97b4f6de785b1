/** How long making an image takes: as it did here the last time, else as it did on two cores. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';

/** Seconds of a first run on two idle cores, where these are made beside each other. Of what is fetched, the mirror decides. */
const TWO_CORES: Record<string, number> = {
  fio: 70,
  rootfs: 70,
  modules: 85,
  // Upon the objects of the other build, and beside two guests.
  'modules-plants': 65,
};

/** Compilers fill as many cores as this; more help little. */
const USED_CORES = 8;

export function usualMs(folder: string, step: string, cores = os.availableParallelism()): number | undefined {
  const here = recorded(path.join(folder, step));
  if (here !== undefined) return here;
  const known = TWO_CORES[step];
  return known === undefined ? undefined : Math.round((known * 1_000 * 2) / Math.min(cores, USED_CORES));
}

/** A folder that cannot be written costs the next start an estimate, nothing else. */
export function recordMs(folder: string, step: string, ms: number): void {
  try {
    mkdirSync(folder, { recursive: true });
    writeFileSync(path.join(folder, step), `${Math.round(ms)}\n`);
  } catch {}
}

function recorded(file: string): number | undefined {
  try {
    const ms = Number(readFileSync(file, 'utf8'));
    return Number.isInteger(ms) && ms > 0 ? ms : undefined;
  } catch {
    return undefined;
  }
}
