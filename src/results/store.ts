/**
 * The folder of a run: events as they come, the result at the end.
 */
import { randomBytes } from 'node:crypto';
import { closeSync, existsSync, openSync, statSync, writeSync } from 'node:fs';
import { mkdir, rename, rm, truncate, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { home, hostFault, type RunResult } from '../model/index.js';
import type { RunEvent } from '../workloads/index.js';
import { EVENTS } from './events.js';

/** Where runs are kept: `--runs`, $PHYRLAB_RUNS, $XDG_STATE_HOME/phyrlab/runs, ~/.local/state/phyrlab/runs. */
export function runsFolder(chosen?: string, env: NodeJS.ProcessEnv = process.env): string {
  const own = chosen ?? (env.PHYRLAB_RUNS || undefined);
  return resolve(own ?? join(env.XDG_STATE_HOME || join(home(env), '.local', 'state'), 'phyrlab', 'runs'));
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
      return new RunStore(folder, openSync(join(folder, EVENTS), 'wx'));
    } catch (error) {
      throw hostFault(error, 'choose another folder with --runs DIR') ?? error;
    }
  }

  /** Goes on where a run ended early; its file keeps so many bytes, which are whole events. */
  static async resume(folder: string, bytes: number): Promise<RunStore> {
    const file = join(folder, EVENTS);
    await truncate(file, bytes);
    return new RunStore(folder, openSync(file, 'a'));
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

export function writeJson(path: string, value: unknown): Promise<void> {
  return writeWhole(path, `${JSON.stringify(value, null, 2)}\n`);
}

/** A file is written whole or not at all: what was there survives a full disk. What is no file (a pipe, a device) is written to. */
export async function writeWhole(path: string, text: string): Promise<void> {
  if (existsSync(path) && !statSync(path).isFile()) return writeFile(path, text);
  const temporary = join(dirname(path), `.${randomBytes(4).toString('hex')}.tmp`);
  try {
    await writeFile(temporary, text);
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}
