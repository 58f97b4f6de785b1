/**
 * Estimates how long building an image takes: as long as it took here last time, otherwise by the time on two cores.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';

/**
 * Seconds of a first run on two idle cores, with these built in parallel. Download times depend on the mirror, so they
 * are not listed.
 */
const TWO_CORES: Record<string, number> = {
  fio: 70,
  rootfs: 70,
  modules: 85,
  // Starts with the object files of the other build, beside two guests.
  'modules-plants': 65,
};

/** Compilers use this many cores well; more help little. */
const USED_CORES = 8;

export function usualMs(folder: string, step: string, cores = os.availableParallelism()): number | undefined {
  const here = recorded(path.join(folder, step));
  if (here !== undefined) return here;
  const known = TWO_CORES[step];
  return known === undefined ? undefined : Math.round((known * 1_000 * 2) / Math.min(cores, USED_CORES));
}

/** If the folder cannot be written, the next run only lacks an estimate. */
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
