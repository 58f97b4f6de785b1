/** The index of a history: tables that can always be rebuilt from the history's files. */
import { createHash } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { DuckDBConnection, DuckDBValue } from '@duckdb/node-api';
import { countOf, InfraError, measureName, messageOf, SamplesHeader, Series } from '../model/index.js';

export const SUFFIX = '.samples.jsonl';

/** A file that is not valid, and is ignored. */
export interface Refused {
  file: string;
  why: string;
}

interface File {
  name: string;
  size: number;
}

/** Increase it when the tables change: an index of another version is rebuilt. */
export const INDEX_VERSION = 3;

const TABLES = `
  create sequence if not exists file_id;
  create table if not exists file (id integer default nextval('file_id'), name varchar, size bigint, run varchar, started varchar, modules varchar);
  create table if not exists series (id integer, key varchar, cell varchar, metric varchar, what varchar);
  create table if not exists sample (series integer, file integer, samples double[]);`;

/** How many files are read at once, which limits memory to a few hundred MB. */
const BATCH = 250;

/** Identifies a series: a short hash of its fields. */
export function seriesKey(series: Series): string {
  const ordered = Object.entries(series).sort(([a], [b]) => (a < b ? -1 : 1));
  return createHash('sha256').update(JSON.stringify(ordered)).digest('hex').slice(0, 16);
}

export async function rowsOf(
  db: DuckDBConnection,
  sql: string,
  values: DuckDBValue[] = [],
): Promise<Record<string, unknown>[]> {
  return (await db.runAndReadAll(sql, values)).getRowObjectsJS();
}

/** Updates the index: reads new files, and forgets files that were removed or changed. */
export async function updateIndex(db: DuckDBConnection, folder: string, names: string[]): Promise<Refused[]> {
  await db.run(TABLES);
  const known = new Map((await rowsOf(db, 'select name, size from file')).map((row) => [row.name, Number(row.size)]));
  const there = new Set<unknown>(names);
  const stale = [...known.keys()].filter((name) => !there.has(name));
  const fresh: File[] = [];
  for (const name of names) {
    const { size } = await stat(join(folder, name));
    if (known.get(name) === size) continue;
    if (known.has(name)) stale.push(name);
    fresh.push({ name, size });
  }
  if (stale.length + fresh.length === 0) return [];
  const refused: Refused[] = [];
  const refuse = (name: string, why: string) => refused.push({ file: join(folder, name), why });
  if (stale.length > 0) await forget(db, stale.map(String));
  for (let from = 0; from < fresh.length; from += BATCH) {
    const readable = await readAll(db, folder, fresh.slice(from, from + BATCH), refuse);
    await db.run('begin');
    if (readable.length > 0) await add(db, folder, readable, refuse);
    await db.run('commit');
  }
  return refused;
}

async function forget(db: DuckDBConnection, names: string[]): Promise<void> {
  await db.run('begin');
  for (const name of names) {
    await db.run('delete from sample where file in (select id from file where name = $1)', [name]);
    await db.run('delete from file where name = $1', [name]);
  }
  await db.run('commit');
}

type Refuse = (name: string, why: string) => void;

/** Reads the lines of files into a table; returns the files that are valid JSON. */
async function readAll(db: DuckDBConnection, folder: string, files: File[], refuse: Refuse): Promise<File[]> {
  let left = files;
  while (left.length > 0) {
    try {
      await db.run('drop table if exists line');
      await db.run(`create temp table line as ${readLines(left.map(({ name }) => join(folder, name)))}`);
      break;
    } catch (error) {
      const why = messageOf(error).split('\n')[0] ?? '';
      const bad = left.find(({ name }) => why.includes(join(folder, name)));
      if (bad === undefined) throw new InfraError(`cannot read the history in ${folder}: ${why}`);
      refuse(bad.name, why);
      left = left.filter((file) => file !== bad);
    }
  }
  return left;
}

/** Adds the valid files and refuses the others. */
async function add(db: DuckDBConnection, folder: string, files: File[], refuse: Refuse): Promise<void> {
  const good: File[] = [];
  const found = new Map((await rowsOf(db, FILE_CHECK)).map((row) => [String(row.file), row]));
  for (const file of files) {
    const why = objection(file.name, found.get(join(folder, file.name)));
    if (why === undefined) good.push(file);
    else refuse(file.name, why);
  }
  const broken = await addSeries(db);
  await db.run('create temp table good (path varchar, name varchar, size bigint)');
  const appender = await db.createAppender('good', null, 'temp');
  for (const { name, size } of good) {
    const text = broken.get(join(folder, name));
    if (text !== undefined) {
      refuse(name, `not a series: ${text.slice(0, 80)}`);
      continue;
    }
    appender.appendVarchar(join(folder, name));
    appender.appendVarchar(name);
    appender.appendBigInt(BigInt(size));
    appender.endRow();
  }
  appender.closeSync();
  await db.run(`
    insert into file (name, size, run, started, modules)
      select good.name, good.size, line.run, line.started, line.modules_key from good join line on line.file = good.path where schema is not null`);
  await db.run(`
    insert into sample
      select text.id, file.id, line.samples from line
        join good on good.path = line.file join file on file.name = good.name join text on text.what = line.series`);
  await db.run('drop table line; drop table text; drop table good');
}

/**
 * Adds the series of the files. A run has hundreds, mostly those of the run before, so each distinct text is parsed
 * once. Returns the files that contain an invalid series.
 */
async function addSeries(db: DuckDBConnection): Promise<Map<string, string>> {
  await db.run('create temp table text (what varchar, id integer)');
  const ids = new Map((await rowsOf(db, 'select key, id from series')).map((row) => [String(row.key), Number(row.id)]));
  const broken = new Map<string, string>();
  for (const { series } of await rowsOf(
    db,
    'select distinct series from line where series is not null order by series',
  )) {
    const text = String(series);
    const parsed = Series.safeParse(JSON.parse(text));
    if (!parsed.success) {
      const files = await rowsOf(db, 'select distinct file from line where series = $1', [text]);
      for (const { file } of files) broken.set(String(file), text);
      continue;
    }
    const key = seriesKey(parsed.data);
    const id = ids.get(key) ?? ids.size + 1;
    if (!ids.has(key)) {
      const values = [id, key, parsed.data.cell, measureName(parsed.data), JSON.stringify(parsed.data)];
      await db.run('insert into series values ($1, $2, $3, $4, $5)', values);
      ids.set(key, id);
    }
    await db.run('insert into text values ($1, $2)', [text, id]);
  }
  return broken;
}

/** The lines of files as rows: a header has a schema and no series; all other lines have a series and samples. */
function readLines(paths: string[]): string {
  const list = paths.map((path) => `'${path.replaceAll("'", "''")}'`).join(', ');
  return `select filename as file, series, "values" as samples, schema, run, "at" as started, modules_key
    from read_json([${list}], format = 'newline_delimited', filename = true, columns = {
      'series': 'VARCHAR', 'values': 'DOUBLE[]', 'schema': 'INTEGER', 'run': 'VARCHAR', 'at': 'VARCHAR', 'modules_key': 'VARCHAR'})`;
}

const FILE_CHECK = `
  select file, count(schema) as headers, any_value(schema) as schema, any_value(run) as run, any_value(started) as started,
    any_value(modules_key) as modules_key,
    count(*) filter (schema is null and (series is null or len(samples) is null or len(samples) = 0 or list_count(samples) < len(samples))) as bad
  from line group by file`;

const Header = SamplesHeader.pick({ schema: true, run: true, at: true, modules_key: true });

function objection(name: string, row: Record<string, unknown> | undefined): string | undefined {
  if (row === undefined) return 'it is empty';
  if (Number(row.headers) !== 1) return `it has ${row.headers} headers instead of one`;
  const header = Header.safeParse({ schema: row.schema, run: row.run, at: row.started, modules_key: row.modules_key });
  if (!header.success) return 'its header is not that of a history file';
  if (Number(row.bad) > 0)
    return `${countOf(Number(row.bad), 'line is no sample', 'lines are no samples')} of a series`;
  return name === `${header.data.run}${SUFFIX}` ? undefined : `its header names another run, ${header.data.run}`;
}
