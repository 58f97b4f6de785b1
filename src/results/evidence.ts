/** What a guest's console said while a cell ran: the part that a person would look at first. */
import { existsSync, readdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import type { RecordedRun } from './read.js';

export interface Excerpt {
  /** Below the run's folder. */
  file: string;
  /** Number of the first line in that file, from 1. */
  from: number;
  /** As the guest wrote them. */
  lines: string[];
  /** How many lines of this cell are not shown. */
  left: number;
}

const MOST = 60;
const LONGEST = 400;

/** `undefined`: the cell never ran, or its boot was not kept. */
export async function excerptFor(run: RecordedRun, cell: string): Promise<Excerpt | undefined> {
  const place = run.places.get(cell);
  if (place === undefined) return undefined;
  for (const folder of foldersOf(run, cell, place.boot)) {
    const path = join(run.folder, folder, 'console.log');
    if (!existsSync(path)) continue;
    const lines = (await readFile(path, 'utf8')).split('\n').map((line) => line.replace(/\r$/, ''));
    const found = place.mark === undefined ? undefined : windowOf(lines, place.mark);
    if (found !== undefined) return { file: relative(run.folder, path), ...excerpt(lines.slice(...found), found[0]) };
  }
  return undefined;
}

/** Its own; else those of its boot, of which one that had to be repeated has several: 2-..., 2.1-... */
function foldersOf(run: RecordedRun, cell: string, boot: number): string[] {
  const own = run.cells.find(({ id }) => id === cell)?.evidence;
  if (own !== undefined) return [own];
  const boots = join(run.folder, 'boots');
  if (!existsSync(boots)) return [];
  const names = readdirSync(boots).filter((name) => Number.parseInt(name, 10) === boot);
  return names.map((name) => join('boots', name));
}

/** From the cell's mark to the one that ends it, or to the end of what the guest said. */
function windowOf(lines: readonly string[], mark: string): [number, number] | undefined {
  const begin = lines.findIndex((line) => line.includes(`begin-${mark}`));
  if (begin === -1) return undefined;
  const end = lines.findIndex((line, at) => at > begin && line.includes(`end-${mark}`));
  return [begin + 1, end === -1 ? lines.length : end];
}

/** What begins a report of the kernel, or of an IOMMU. */
const TELLING =
  /\bBUG\b|WARNING|Oops|KASAN|KCSAN|UBSAN|lockdep|panic|cut here|Call Trace|DMA-API|DMAR|AMD-Vi|fault|phyr\w*[: ]/i;

/** All of it if that is short; else from a little before the first line that tells something. */
export function excerpt(lines: readonly string[], offset: number): Omit<Excerpt, 'file'> {
  const said = lines.at(-1) === '' ? lines.slice(0, -1) : lines;
  const telling = said.findIndex((line) => TELLING.test(line));
  const start = said.length <= MOST ? 0 : Math.max(0, Math.min(telling - 3, said.length - MOST));
  const shown = said.slice(start, start + MOST).map((line) => line.slice(0, LONGEST));
  return { from: offset + start + 1, lines: shown, left: said.length - shown.length };
}
