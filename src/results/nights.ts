/** The nights, each in a folder of its own below a hidden folder beside the runs. */
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Night } from '../model/index.js';
import { writeJson } from './store.js';

const NIGHT = 'night.json';

export class Nights {
  /** Has the reports of nights, and what is needed to resume one. */
  readonly folder: string;

  constructor(runs: string) {
    this.folder = join(runs, '.nightly');
  }

  folderOf({ id }: Pick<Night, 'id'>): string {
    return join(this.folder, id);
  }

  /** Oldest first. Files that cannot be read come from another version and are skipped. */
  async all(): Promise<Night[]> {
    const names = (await readdir(this.folder).catch(() => [])).sort();
    const files = names.map((name) => join(this.folder, name, NIGHT)).filter((file) => existsSync(file));
    const nights = await Promise.all(files.map(async (file) => Night.safeParse(jsonOf(await readFile(file, 'utf8')))));
    return nights
      .flatMap(({ data }) => (data === undefined ? [] : [data]))
      .sort((a, b) => (a.started < b.started ? -1 : 1));
  }

  /** Writes the file atomically. */
  async save(night: Night): Promise<void> {
    await mkdir(this.folderOf(night), { recursive: true });
    await writeJson(join(this.folderOf(night), NIGHT), night);
  }

  /** The folders of all but the newest. */
  async old(keep: number): Promise<string[]> {
    return (await this.all()).slice(0, -keep).map((night) => this.folderOf(night));
  }
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
