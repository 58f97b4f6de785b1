/** Sessions of mutation, each in a folder of its own below a hidden folder beside the runs: what was asked for, and a line for each mutant. */
import { appendFile, mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { Trial } from '../mutate/index.js';
import { writeJson } from './store.js';

const SCHEMA = 1;
const SESSION = 'session.json';
const TRIALS = 'trials.jsonl';
/** A session takes a few hundred kilobytes. */
const KEPT = 50;

export const MutationSession = z.strictObject({
  schema: z.literal(SCHEMA),
  id: z.string().regex(/^\d[\w-]*$/),
  started: z.string(),
  ended: z.string().exactOptional(),
  seed: z.int().min(0),
  /** How many mutants that count are wanted. */
  count: z.int().min(1),
  /** Files with mutants, by their paths as coverage names them. */
  files: z.array(z.string()),
  /** Of the sources that are mutated. */
  sources: z.string(),
  /** The run whose coverage chooses the cells. */
  run: z.string(),
  /** Only these mutants: those that lived in an earlier session. */
  only: z.array(z.string()).exactOptional(),
});
export type MutationSession = z.infer<typeof MutationSession>;

export class Mutations {
  readonly folder: string;

  constructor(runs: string) {
    this.folder = join(runs, '.mutate');
  }

  folderOf({ id }: Pick<MutationSession, 'id'>): string {
    return join(this.folder, id);
  }

  /** The newest that can be read; another version's cannot. */
  async newest(): Promise<{ session: MutationSession; trials: Trial[] } | undefined> {
    const ids = (await readdir(this.folder).catch(() => [])).sort().reverse();
    for (const id of ids) {
      const text = await readFile(join(this.folder, id, SESSION), 'utf8').catch(() => '');
      const session = MutationSession.safeParse(jsonOf(text)).data;
      if (session !== undefined) return { session, trials: await this.#trials(session) };
    }
    return undefined;
  }

  /** Those before the newest few go. */
  async begin(session: MutationSession): Promise<void> {
    await this.save(session);
    const ids = (await readdir(this.folder)).filter((name) => /^\d/.test(name)).sort();
    for (const id of ids.slice(0, -KEPT)) await rm(join(this.folder, id), { recursive: true, force: true });
  }

  async save(session: MutationSession): Promise<void> {
    await mkdir(this.folderOf(session), { recursive: true });
    await writeJson(join(this.folderOf(session), SESSION), session);
  }

  /** One line, written at once. */
  async add(session: MutationSession, trial: Trial): Promise<void> {
    await appendFile(join(this.folderOf(session), TRIALS), `\n${JSON.stringify(Trial.parse(trial))}\n`);
  }

  /** A line that was half written when its writer was killed is none: its mutant is tried again. */
  async #trials(session: MutationSession): Promise<Trial[]> {
    const text = await readFile(join(this.folderOf(session), TRIALS), 'utf8').catch(() => '');
    const read = text.split('\n').flatMap((line) => Trial.safeParse(jsonOf(line)).data ?? []);
    return [...new Map(read.map((trial) => [trial.id, trial])).values()];
  }
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
