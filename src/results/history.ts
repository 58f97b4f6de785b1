/**
 * The history of measurements: a folder with one file per run, never changed once written. Copying files together
 * merges two histories. Queries use an index (DuckDB) that can be deleted, since it is rebuilt from the files.
 *
 * DuckDB instead of SQLite: it reads the files itself on all cores, stores columns, and queries five million samples in
 * a fraction of a second (test/measure/history.ts). Its npm package contains the engine, as SQLite's do.
 */
import { createHash, randomBytes } from 'node:crypto';
import { mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { DuckDBConnection, DuckDBValue } from '@duckdb/node-api';
import {
  hostFault,
  InfraError,
  messageOf,
  type SamplesHeader,
  type SamplesLine,
  Series,
  seriesName,
  UsageError,
} from '../model/index.js';
import { INDEX_VERSION, type Refused, rowsOf, SUFFIX, updateIndex } from './history-index.js';

/** The history of the runs in this folder. It is hidden, since everything else there is a run. */
export function historyFolder(runs: string): string {
  return join(runs, '.history');
}

/** Writes the samples of a run, whole or not at all. Each run has one file. */
export async function writeSamples(folder: string, header: SamplesHeader, lines: SamplesLine[]): Promise<string> {
  const path = join(folder, `${header.run}${SUFFIX}`);
  const temporary = join(folder, `.${randomBytes(4).toString('hex')}.tmp`);
  try {
    await mkdir(folder, { recursive: true });
    await writeFile(temporary, [header, ...lines].map((line) => `${JSON.stringify(line)}\n`).join(''));
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw hostFault(error) ?? new InfraError(`cannot save the measurements in ${folder}: ${messageOf(error)}`);
  }
  return path;
}

export interface Sample {
  run: string;
  at: string;
  modules: string;
  values: number[];
}

export interface SeriesHistory {
  key: string;
  series: Series;
  /** Oldest first. */
  samples: Sample[];
}

export class History implements Disposable {
  readonly #db: DuckDBConnection;
  readonly #close: () => void;
  /** Files that are not valid and are ignored, with the reason. */
  readonly refused: Refused[] = [];

  private constructor(db: DuckDBConnection, close: () => void) {
    this.#db = db;
    this.#close = close;
  }

  /**
   * Opens a history and updates its index.
   * @param indexFolder where indexes are kept: one for each history, which only one process can open
   */
  static async open(folder: string, indexFolder: string): Promise<History> {
    let names: string[];
    try {
      names = (await readdir(folder)).filter((name) => name.endsWith(SUFFIX)).sort();
    } catch (error) {
      throw (
        hostFault(error) ??
        new UsageError(
          `there is no history in ${folder}`,
          'a run with measurements creates it; --runs DIR names another folder of runs',
        )
      );
    }
    const which = createHash('sha256').update(folder).digest('hex').slice(0, 16);
    const index = join(indexFolder, `history-${INDEX_VERSION}-${which}.duckdb`);
    await mkdir(dirname(index), { recursive: true });
    const { DuckDBInstance } = await import('@duckdb/node-api');
    let instance: Awaited<ReturnType<typeof DuckDBInstance.create>>;
    try {
      instance = await DuckDBInstance.create(index);
    } catch (error) {
      if (/lock/i.test(messageOf(error)))
        throw new InfraError('another phyrlab is reading this history; try again when it is done');
      // A damaged index is rebuilt from the files.
      await rm(index, { force: true });
      await rm(`${index}.wal`, { force: true });
      instance = await DuckDBInstance.create(index);
    }
    const db = await instance.connect();
    const history = new History(db, () => {
      db.closeSync();
      instance.closeSync();
    });
    try {
      history.refused.push(...(await updateIndex(db, folder, names)));
    } catch (error) {
      history.#close();
      throw error;
    }
    return history;
  }

  [Symbol.dispose](): void {
    this.#close();
  }

  /** Series whose name (`cell metric`) matches, oldest sample first. */
  async series(matches: (name: string) => boolean): Promise<SeriesHistory[]> {
    const found = (await this.#rows('select id, key, what from series order by cell, metric, id'))
      .map((row) => ({ id: Number(row.id), key: String(row.key), series: Series.parse(JSON.parse(String(row.what))) }))
      .filter(({ series }) => matches(seriesName(series)));
    const runs = new Map((await this.#rows(RUNS)).map((row) => [Number(row.id), row]));
    // Three lists per series instead of a row per sample, since passing rows to JavaScript takes most of the time.
    const rows = await this.#rows(
      `select series, list(file) as files, list(len(samples)) as counts, flatten(list(samples)) as flat
         from (select sample.* from sample join file on file.id = sample.file
           where series in (select unnest(from_json($1, '["integer"]'))) order by started, run)
         group by series`,
      [JSON.stringify(found.map(({ id }) => id))],
    );
    const samples = new Map(rows.map((row) => [Number(row.series), samplesIn(row, runs)]));
    return found.flatMap(({ id, key, series }) => {
      const own = samples.get(id) ?? [];
      return own.length > 0 ? [{ key, series, samples: own }] : [];
    });
  }

  /**
   * The last samples of each series of a run before that run, oldest first.
   * @param count at most this many samples of each series
   * @param counts which earlier runs to use; default: all
   */
  async before(
    run: string,
    count: number,
    counts: (run: string) => boolean = () => true,
  ): Promise<Map<string, Sample[]>> {
    const counted = (await this.runs()).map(({ run }) => run).filter(counts);
    const rows = await this.#rows(
      `with ranked as (select id, run, started, modules, row_number() over (order by started, run) as rank from file),
         here as (select id, rank from ranked where run = $1),
         last as (select series, unnest(max(rank, $2)) as rank from sample join ranked on ranked.id = sample.file
           where rank < (select rank from here) and run in (select unnest(from_json($3, '["varchar"]'))) and series in (select series from sample where file = (select id from here))
           group by series)
       select key, run, started, modules, samples from last join ranked using (rank)
         join sample on sample.file = ranked.id and sample.series = last.series join series on series.id = last.series
         order by rank`,
      [run, count, JSON.stringify(counted)],
    );
    const found = new Map<string, Sample[]>();
    for (const row of rows) {
      const key = String(row.key);
      found.set(key, [...(found.get(key) ?? []), toSample(row)]);
    }
    return found;
  }

  /** The runs with measurements, oldest first. */
  async runs(): Promise<{ run: string; at: string; modules: string }[]> {
    const rows = await this.#rows(RUNS);
    return rows.map(({ run, started, modules }) => ({
      run: String(run),
      at: String(started),
      modules: String(modules),
    }));
  }

  /** What one run measured, by the key of the series. */
  async run(id: string): Promise<Map<string, { series: Series; sample: Sample }>> {
    const rows = await this.#rows(
      `select key, what, run, started, modules, samples from sample
         join file on file.id = sample.file join series on series.id = sample.series where run = $1 order by cell, metric`,
      [id],
    );
    return new Map(
      rows.map((row) => [
        String(row.key),
        { series: Series.parse(JSON.parse(String(row.what))), sample: toSample(row) },
      ]),
    );
  }

  async #rows(sql: string, values: DuckDBValue[] = []): Promise<Row[]> {
    return rowsOf(this.#db, sql, values);
  }
}

const RUNS = 'select id, run, started, modules from file order by started, run';

type Row = Record<string, unknown>;

function samplesIn({ files, counts, flat }: Row, runs: ReadonlyMap<number, Row>): Sample[] {
  let at = 0;
  return (files as unknown[]).map((file, i) => {
    const from = at;
    at += Number((counts as unknown[])[i]);
    return toSample({ ...runs.get(Number(file)), samples: (flat as unknown[]).slice(from, at) });
  });
}

function toSample(row: Row): Sample {
  return {
    run: String(row.run),
    at: String(row.started),
    modules: String(row.modules),
    values: (row.samples as unknown[]).map(Number),
  };
}
