/** What the kernel said while a cell ran that did not pass: the part of it that a person would look at first. */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { CellRecord } from '../model/index.js';

export interface Excerpt {
  /** Below the run's folder. */
  file: string;
  /** Number of the first line in that file, from 1. */
  from: number;
  /** As the guest wrote them. */
  lines: string[];
  /** How many lines of it are not shown. */
  left: number;
}

/** The cell's own part of the log, else all that its guest said. */
const LOGS = ['kernel.log', 'console.log'];

/** `undefined`: nothing was kept. */
export async function excerptFor(runFolder: string, { evidence }: CellRecord): Promise<Excerpt | undefined> {
  if (evidence === undefined) return undefined;
  const file = LOGS.map((name) => join(evidence, name)).find((one) => existsSync(join(runFolder, one)));
  if (file === undefined) return undefined;
  const text = await readFile(join(runFolder, file), 'utf8');
  return { file, ...excerpt(text.split(/\r?\n/)) };
}

const MOST = 60;
const LONGEST = 400;

/** What begins a report of the kernel, or of an IOMMU. */
const TELLING =
  /\bBUG\b|WARNING|Oops|KASAN|KCSAN|UBSAN|lockdep|panic|cut here|Call Trace|DMA-API|DMAR|AMD-Vi|\bfault\b|phyr_\w+ [0-9a-f]{4}:/;

/** All of it if that is short; else from a little before the first line that tells something, or the end. */
export function excerpt(lines: readonly string[]): Omit<Excerpt, 'file'> {
  const said = lines.at(-1) === '' ? lines.slice(0, -1) : lines;
  const telling = said.findIndex((line) => TELLING.test(line));
  const latest = Math.max(0, said.length - MOST);
  const start = telling === -1 ? latest : Math.max(0, Math.min(telling - 3, latest));
  const shown = said.slice(start, start + MOST).map((line) => line.slice(0, LONGEST));
  return { from: start + 1, lines: shown, left: said.length - shown.length };
}
