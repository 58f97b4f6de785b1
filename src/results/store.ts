/**
 * The folder of a run: events as they come, the result at the end.
 */
import { randomBytes } from 'node:crypto';
import { closeSync, openSync, writeSync } from 'node:fs';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { describe, type RunEvent, RunResult, UsageError } from '../model/index.js';

/** Where runs are kept: `--runs`, $PHYRLAB_RUNS, $XDG_STATE_HOME/phyrlab/runs, ~/.local/state/phyrlab/runs. */
export function runsFolder(chosen?: string, env: NodeJS.ProcessEnv = process.env): string {
  const state = env.XDG_STATE_HOME || join(homedir(), '.local', 'state');
  return resolve(chosen ?? (env.PHYRLAB_RUNS || join(state, 'phyrlab', 'runs')));
}

/** Sorts by time, and two runs of the same second differ. */
export function newRunId(date = new Date()): string {
  const stamp = date.toISOString().replace(/[-:]/g, '').replace('T', '-').slice(0, 15);
  return `${stamp}-${randomBytes(2).toString('hex')}`;
}

export class RunStore implements Disposable {
  readonly folder: string;
  readonly #events: number;

  private constructor(folder: string, events: number) {
    this.folder = folder;
    this.#events = events;
  }

  static async create(runs: string, id: string): Promise<RunStore> {
    const folder = join(runs, id);
    try {
      await mkdir(folder, { recursive: true });
      return new RunStore(folder, openSync(join(folder, 'events.jsonl'), 'wx'));
    } catch (error) {
      throw new UsageError(
        `cannot keep the run in ${folder}: ${describe(error)}`,
        'choose another folder with --runs DIR',
      );
    }
  }

  /** Written at once: after a crash of the orchestrator the events up to it are there. */
  append(event: RunEvent): void {
    writeSync(this.#events, `${JSON.stringify(event)}\n`);
  }

  async writeResult(result: RunResult): Promise<string> {
    const path = join(this.folder, 'result.json');
    await writeJson(path, result);
    return path;
  }

  [Symbol.dispose](): void {
    closeSync(this.#events);
  }
}

/** Whole or not at all: a reader never sees half a file, and what was there survives a full disk. */
export async function writeJson(path: string, value: unknown): Promise<void> {
  const temporary = join(dirname(path), `.${randomBytes(4).toString('hex')}.tmp`);
  await writeFile(temporary, `${JSON.stringify(value, null, 2)}\n`);
  await rename(temporary, path);
}

export async function readResult(path: string): Promise<RunResult> {
  let value: unknown;
  try {
    value = JSON.parse(await readFile(path, 'utf8'));
  } catch (error) {
    throw new UsageError(`${path} is no result of a run: ${describe(error)}`);
  }
  const parsed = RunResult.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw new UsageError(`${path} is no result of a run: ${issue?.path.join('.')}: ${issue?.message}`);
}
