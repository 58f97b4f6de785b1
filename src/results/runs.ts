/** Finds a run, or a cell of one, by the word that the user gives. */
import { existsSync, readdirSync, statSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { countOf, messageOf, type RunRecord, UsageError } from '../model/index.js';
import { type Cell, KEPT_CELL, KeptCell } from '../workloads/index.js';
import { EVENTS, readEvents, readStart } from './events.js';

/** Folders of the runs in this folder, newest first. Runs of the same second are sorted by age, because their names are random from there on. */
export function runFolders(runs: string): string[] {
  if (!existsSync(runs)) return [];
  return readdirSync(runs)
    .filter((id) => /^\d/.test(id) && existsSync(join(runs, id, EVENTS)))
    .map((id) => ({ id, second: id.slice(0, 15), born: statSync(join(runs, id, EVENTS)).birthtimeMs }))
    .sort((a, b) => (a.second === b.second ? b.born - a.born : a.second < b.second ? 1 : -1))
    .map(({ id }) => join(runs, id));
}

/** The word for the newest run. */
const NEWEST = 'newest';

/**
 * The run that a word names: by its id, the beginning of it, or `newest`, which is the default.
 * @param ids newest first
 * @param where describes the place for messages: 'in FOLDER'
 */
export function pickRun(ids: readonly string[], word: string | undefined, where: string): string {
  const [newest] = ids;
  if (newest === undefined)
    throw new UsageError(`there is no run ${where}`, 'phyrlab run makes one; --runs DIR names another folder of runs');
  if (word === undefined || word === NEWEST) return newest;
  const found = meant(ids, word);
  const [id, other] = found;
  if (id === undefined) throw new UsageError(`no run ${where} is called '${word}'`, `the newest is ${newest}`);
  if (other !== undefined)
    throw new UsageError(`'${word}' begins ${countOf(found.length, 'run')}`, `name one, e.g. ${id}`);
  return id;
}

/** Whole ids before beginnings. */
function meant(ids: readonly string[], word: string): string[] {
  const begun = word === '' ? [] : ids.filter((id) => id.startsWith(word));
  return begun.includes(word) ? [word] : begun;
}

/** The folder of a run, by its path or as pickRun() takes it. */
export function findRun(runs: string, word?: string): string {
  return folderOf(runs, word) ?? join(runs, pickRun(idsIn(runs), word, `in ${runs}`));
}

/** The path itself, if it is the folder of a run. */
export function runAt(path: string | undefined): string | undefined {
  return path && existsSync(join(path, EVENTS)) ? resolve(path) : undefined;
}

function folderOf(runs: string, word: string | undefined): string | undefined {
  return runAt(word) ?? runAt(word && join(runs, word));
}

function idsIn(runs: string): string[] {
  return runFolders(runs).map((folder) => basename(folder));
}

/** A cell as a run had it: all that is needed to run it again. */
export interface RecordedCell {
  run: RunRecord;
  cell: Cell;
  /** What its guest booted, where that is known. */
  kept: KeptCell | undefined;
}

/**
 * `word` is the folder of a cell that did not pass, or RUN/CELL with a run as findRun() takes it, or the id of a cell: then the newest
 * run that has it.
 */
export async function findRecordedCell(runs: string, word: string): Promise<RecordedCell> {
  if (existsSync(join(word, KEPT_CELL))) return fromFolder(resolve(word));
  const ids = idsIn(runs);
  for (const { index: at } of word.matchAll(/\//g)) {
    const [name, cell] = [word.slice(0, at), word.slice(at + 1)];
    // What no run is called is the beginning of a cell's id.
    const isRun = folderOf(runs, name) !== undefined || name === NEWEST || meant(ids, name).length > 0;
    if (isRun && cell !== '') return fromRun(findRun(runs, name), cell);
  }
  for (const folder of runFolders(runs)) {
    const start = await readStart(folder).catch(() => undefined);
    const cell = start?.cells.find(({ id }) => id === word);
    if (start !== undefined && cell !== undefined) return { run: start.run, cell, kept: await keptIn(folder, word) };
  }
  if (existsSync(word) && statSync(word).isDirectory())
    throw new UsageError(
      `the folder ${word} has no ${KEPT_CELL}, so no failed cell kept it`,
      'the row of a cell that did not pass names its folder; of a run name a cell: RUN/CELL',
    );
  throw new UsageError(
    `no run in ${runs} has a cell '${word}'`,
    'name a cell as phyrlab list does, RUN/CELL, or the folder that a failed cell keeps; --runs DIR names another folder of runs',
  );
}

async function fromRun(folder: string, id: string): Promise<RecordedCell> {
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

/** Bytes. A record's texts are bounded, and so is what is made of them. */
const LARGEST_KEPT = 16 << 20;

async function fromFolder(folder: string): Promise<RecordedCell> {
  const file = join(folder, KEPT_CELL);
  try {
    if (statSync(file).size > LARGEST_KEPT) throw new Error('it is too large');
    const kept = KeptCell.parse(JSON.parse(await readFile(file, 'utf8')));
    return { run: kept.run, cell: kept.cell, kept };
  } catch (error) {
    throw new UsageError(
      `${file} does not say what the cell was: ${messageOf(error).split('\n')[0]}`,
      'another version of phyrlab wrote it, or it was changed',
    );
  }
}
