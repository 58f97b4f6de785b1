import { randomBytes } from 'node:crypto';
import { appendFileSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { isDenied } from '../model/index.js';
import { FileLock } from './filelock.js';

/**
 * Records who uses which entry of a cache. Each process has a file with the ids of its entries and holds a lock on it
 * as long as it lives, so a file whose lock is free was left by a crash.
 */
export class Users implements AsyncDisposable {
  readonly #dir: string;
  readonly #own = new Set<string>();
  #file: Promise<{ path: string; lock: FileLock } | undefined> | undefined;

  constructor(dir: string) {
    this.#dir = dir;
  }

  /** Call it before looking for the entry: from then on nobody else removes it. */
  async mark(id: string): Promise<void> {
    if (this.#own.has(id)) return;
    this.#own.add(id);
    this.#file ??= this.#open();
    const file = await this.#file;
    if (file) appendFileSync(file.path, `${id}\n`);
  }

  /** Entries that this process or another living one uses. */
  async inUse(): Promise<Set<string>> {
    const ids = new Set(this.#own);
    const own = path.basename((await this.#file)?.path ?? '');
    for (const name of readdirSync(this.#dir)) {
      if (name === own) continue;
      const file = path.join(this.#dir, name);
      const lock = await FileLock.tryAcquire(file);
      await using _ = lock;
      if (lock) await lock.remove();
      else for (const id of read(file).split('\n')) if (id !== '') ids.add(id);
    }
    return ids;
  }

  /** In a read-only cache we remove nothing, and cannot tell others what we use. */
  async #open(): Promise<{ path: string; lock: FileLock } | undefined> {
    const file = path.join(this.#dir, `${process.pid}-${randomBytes(4).toString('hex')}`);
    const lock = await FileLock.tryAcquire(file).catch((error: unknown) => {
      if (isDenied(error)) return null;
      throw error;
    });
    return lock ? { path: file, lock } : undefined;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const file = await this.#file;
    this.#file = undefined;
    this.#own.clear();
    if (!file) return;
    rmSync(file.path, { force: true });
    await file.lock[Symbol.asyncDispose]();
  }
}

/** The file's owner may have ended just now. */
function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
