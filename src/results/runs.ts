/** Finding a run, or a cell of one, by what a person calls it. */
import { existsSync, readdirSync, statSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { type Cell, describe, KEPT_CELL, KeptCell, type RunRecord, UsageError } from '../model/index.js';
import { EVENTS, readEvents, readStart } from './events.js';

/** Folders of the runs in this folder, newest first. The names of two runs of one second are in no order, so those go by age. */
export function runFolders(runs: string): string[] {
  if (!existsSync(runs)) return [];
  return readdirSync(runs)
    .filter((id) => /^\d/.test(id) && existsSync(join(runs, id, EVENTS)))
    .map((id) => ({ id, second: id.slice(0, 15), born: statSync(join(runs, id, EVENTS)).birthtimeMs }))
    .sort((a, b) => (a.second === b.second ? b.born - a.born : a.second < b.second ? 1 : -1))
    .map(({ id }) => join(runs, id));
}

/** A cell as a run had it: all that is needed to run it again. */
export interface PastCell {
  run: RunRecord;
  cell: Cell;
  /** What its guest booted, where that is known. */
  kept: KeptCell | undefined;
}

/**
 * `word` is the folder of a cell that did not pass, or RUN/CELL with a run's id or folder, or the id of a cell: then the newest run
 * that has it.
 */
export async function findPastCell(runs: string, word: string): Promise<PastCell> {
  if (existsSync(join(word, KEPT_CELL))) return fromFolder(resolve(word));
  const slashes = [...word.matchAll(/\//g)].map(({ index }) => index);
  for (const at of slashes) {
    const [name, cell] = [word.slice(0, at), word.slice(at + 1)];
    const folder = [resolve(name), join(runs, name)].find((path) => name !== '' && existsSync(join(path, EVENTS)));
    if (folder !== undefined && cell !== '') return fromRun(folder, cell);
  }
  for (const folder of runFolders(runs)) {
    const start = await readStart(folder).catch(() => undefined);
    const cell = start?.cells.find(({ id }) => id === word);
    if (start !== undefined && cell !== undefined) return { run: start.run, cell, kept: await keptIn(folder, word) };
  }
  throw new UsageError(
    `no run in ${runs} has a cell '${word}'`,
    'name a cell as phyrlab list does, RUN/CELL, or the folder that a failed cell keeps; --runs DIR names another folder of runs',
  );
}

async function fromRun(folder: string, id: string): Promise<PastCell> {
  const start = await readStart(folder);
  const cell = start?.cells.find((one) => one.id === id);
  if (start === undefined || cell === undefined)
    throw new UsageError(
      `the run in ${folder} has no cell '${id}'`,
      `its cells: ${start?.cells.length ?? 0}, in ${EVENTS}`,
    );
  return { run: start.run, cell, kept: await keptIn(folder, id) };
}

/** What the run kept of the cell, if it did not pass there. */
async function keptIn(folder: string, id: string): Promise<KeptCell | undefined> {
  const events = (await readEvents(folder))?.events ?? [];
  const record = events.findLast((event) => event.type === 'cell-end' && event.record.id === id);
  const evidence = record?.type === 'cell-end' ? record.record.evidence : undefined;
  if (evidence === undefined || !existsSync(join(folder, evidence, KEPT_CELL))) return undefined;
  return (await fromFolder(join(folder, evidence))).kept;
}

async function fromFolder(folder: string): Promise<PastCell> {
  const file = join(folder, KEPT_CELL);
  try {
    const kept = KeptCell.parse(JSON.parse(await readFile(file, 'utf8')));
    return { run: kept.run, cell: kept.cell, kept };
  } catch (error) {
    throw new UsageError(
      `${file} does not say what the cell was: ${describe(error).split('\n')[0]}`,
      'another version of phyrlab wrote it, or it was changed',
    );
  }
}
