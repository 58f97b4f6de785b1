import { randomBytes } from 'node:crypto';
import { existsSync, lstatSync, readdirSync, utimesSync } from 'node:fs';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import { z } from 'zod';
import { type Emit, home, hostFault, InfraError, isDenied, type Progress, UsageError } from '../model/index.js';
import { NoSpace } from './exec.js';
import { FileLock } from './filelock.js';
import { findDamage, hashFile, Manifest, takeManifest } from './manifest.js';
import { Users } from './users.js';
import { recordMs, usualMs } from './usual.js';

const EntryFile = z.strictObject({
  schema: z.literal(1),
  name: z.string(),
  key: z.string(),
  meta: z.record(z.string(), z.string()),
  files: Manifest,
});

/** A finished directory in the cache. It never changes. */
export interface Entry {
  name: string;
  key: string;
  dir: string;
  /** Facts that the build step records, e.g. a version. */
  meta: Record<string, string>;
  cached: boolean;
}

export interface BuildContext {
  /** Empty at first; becomes the entry when the build is done. */
  dir: string;
  /** Scratch space on the same file system, removed afterwards. */
  scratch: string;
  signal: AbortSignal;
  /** Reports progress of a long step. */
  progress: (done: number, total: number, unit: 'bytes' | 'packages' | 'files') => void;
}

export interface EntrySpec {
  name: string;
  /** Hash of all inputs: the same key means the same content. */
  key: string;
  build: (context: BuildContext) => Promise<Record<string, string>>;
}

/**
 * The cache:
 * `entries/NAME-KEY` are finished and never change;
 * `work/NAME-KEY` are being built, each by the holder of `locks/NAME-KEY`;
 * `users/` records who uses which entry;
 * `builds/` has object files of earlier builds;
 * `packages/SHA256` are downloaded files;
 * `substitutes` records which packages replaced locked versions that left the mirror;
 * `times` records how long each kind of entry took to build.
 * Entries appear by rename, so nobody sees a half-built one. Work whose lock is free was left by a crash.
 */
export class Cache {
  readonly dir: string;
  readonly #emit: Emit<Progress>;
  readonly #signal: AbortSignal;
  readonly #deep: boolean;
  readonly #underway = new Map<string, Promise<Entry>>();
  readonly #users: Users;

  private constructor(dir: string, options: CacheOptions) {
    this.dir = dir;
    this.#emit = options.progress;
    this.#signal = options.signal;
    this.#deep = options.deep;
    this.#users = new Users(this.path('users'));
  }

  static async open(dir: string, options: CacheOptions): Promise<Cache> {
    const cache = new Cache(path.resolve(dir), options);
    try {
      for (const part of ['entries', 'work', 'locks', 'users', 'builds', 'packages', 'substitutes'])
        await mkdir(cache.path(part), { recursive: true });
    } catch (error) {
      if (NoSpace.is(error)) throw cache.#noSpace(error);
      throw hostFault(error, 'set PHYRLAB_CACHE to a directory that you may write') ?? error;
    }
    await cache.#sweep();
    return cache;
  }

  path(...parts: string[]): string {
    return path.join(this.dir, ...parts);
  }

  /**
   * Returns the entry; builds it if it is missing or damaged. Concurrent calls, in this process or others, build it
   * once.
   */
  entry(spec: EntrySpec): Promise<Entry> {
    const id = `${spec.name}-${spec.key}`;
    let entry = this.#underway.get(id);
    if (!entry) {
      entry = this.#timed(id, spec);
      this.#underway.set(id, entry);
      entry.catch(() => this.#underway.delete(id));
    }
    return entry;
  }

  /** Resolves when nothing is being built any more. Afterwards others may remove what was used. */
  async settled(): Promise<void> {
    await Promise.allSettled(this.#underway.values());
    await this.#users[Symbol.asyncDispose]();
  }

  async #timed(id: string, spec: EntrySpec): Promise<Entry> {
    const started = performance.now();
    const done = (entry: Entry): Entry => {
      const ms = Math.round(performance.now() - started);
      this.#emit({ type: 'step-end', id, step: spec.name, ms, cached: entry.cached });
      return entry;
    };
    await this.#users.mark(id);
    const found = await this.#find(id, this.#deep, () => {});
    if (found) return done(found);
    const usual = usualMs(this.path('times'), spec.name);
    this.#emit({ type: 'step-start', id, step: spec.name, ...(usual === undefined ? {} : { usual_ms: usual }) });
    try {
      await using lock = await FileLock.acquire(this.path('locks', id), {
        signal: this.#signal,
        onWait: () =>
          this.#emit({
            type: 'warning',
            text: `${spec.name}: waiting for another phyrlab process that is building it`,
          }),
      });
      const onDamage = (damage: string) => {
        this.#emit({ type: 'warning', text: `cached ${id} is damaged (${damage}): building it again` });
      };
      const made = (await this.#find(id, this.#deep, onDamage)) ?? (await this.#make(id, spec));
      if (!made.cached) recordMs(this.path('times'), spec.name, performance.now() - started);
      await lock.remove();
      return done(made);
    } catch (error) {
      this.#emit({ type: 'step-failed', id });
      throw NoSpace.is(error) ? this.#noSpace(error) : error;
    }
  }

  /** Finds an optional entry, checking every byte of it. It is not marked as used, so it may be removed at any time. */
  find(name: string, key: string, onDamage: (damage: string) => void): Promise<Entry | null> {
    return this.#find(`${name}-${key}`, true, onDamage);
  }

  /** Builds such an entry and replaces an existing one. Returns false if another process is just building it. */
  async offer(spec: EntrySpec): Promise<boolean> {
    const id = `${spec.name}-${spec.key}`;
    const lock = await FileLock.tryAcquire(this.path('locks', id));
    if (!lock) return false;
    await using _ = lock;
    await this.#make(id, spec);
    await lock.remove();
    return true;
  }

  /** A folder for what is not to stay, the caller's until disposed of. What a crash leaves is swept like half-made entries. */
  async scratch(name: string): Promise<AsyncDisposable & { dir: string }> {
    const id = `${name}-${randomBytes(8).toString('hex')}`;
    const lock = await FileLock.acquire(this.path('locks', id), { signal: this.#signal, onWait: () => {} });
    const dir = this.path('work', id);
    await mkdir(dir);
    return {
      dir,
      [Symbol.asyncDispose]: async () => {
        await removeTree(dir);
        await lock.remove();
        await lock[Symbol.asyncDispose]();
      },
    };
  }

  /** Removes an entry, unless somebody builds or uses it. */
  async discard(name: string, key: string): Promise<void> {
    await this.#remove(`${name}-${key}`);
  }

  /** Keeps the entries of this name that were used last, up to `bytes` in all, and removes the others. */
  async trim(name: string, bytes: number): Promise<Removed> {
    const gone: Removed = { removed: [], bytes: 0 };
    let sum = 0;
    for (const entry of await this.list()) {
      if (entry.name !== name) continue;
      sum += entry.bytes;
      const id = `${name}-${entry.key}`;
      if (sum <= bytes || !(await this.#remove(id))) continue;
      gone.removed.push(id);
      gone.bytes += entry.bytes;
    }
    return gone;
  }

  #noSpace(cause: unknown): UsageError {
    return new UsageError(
      `no space left in the cache directory ${this.dir}`,
      'free some (all images take about 1 GB), or point PHYRLAB_CACHE at another file system',
      { cause },
    );
  }

  async #make(id: string, spec: EntrySpec): Promise<Entry> {
    const work = this.path('work', id);
    const dir = path.join(work, 'entry');
    const scratch = path.join(work, 'scratch');
    await removeTree(work);
    try {
      await mkdir(dir, { recursive: true });
      await mkdir(scratch);
      const meta = await spec.build({
        dir,
        scratch,
        signal: this.#signal,
        progress: (done, total, unit) => this.#emit({ type: 'step-progress', id, done, total, unit }),
      });
      this.#signal.throwIfAborted();
      const files = await takeManifest(dir, this.#signal);
      const content: z.infer<typeof EntryFile> = { schema: 1, name: spec.name, key: spec.key, meta, files };
      await writeFile(path.join(dir, 'entry.json'), JSON.stringify(content));
      const final = this.path('entries', id);
      if (existsSync(final)) await rename(final, path.join(work, 'damaged'));
      await rename(dir, final);
      return { name: spec.name, key: spec.key, dir: final, meta, cached: false };
    } finally {
      await this.#clear(work, spec.name);
    }
  }

  /**
   * On a busy disk, removing a kernel's source takes half a minute. Whoever interrupted the build should know what the
   * program waits for.
   */
  async #clear(work: string, name: string): Promise<void> {
    const text = `${name}: interrupted; removing the unfinished build (interrupt again to leave that to the next start)`;
    const say = () => this.#signal.aborted && this.#emit({ type: 'warning', text });
    const late = setTimeout(say, 1_000);
    try {
      await removeTree(work);
    } finally {
      clearTimeout(late);
    }
  }

  async #find(id: string, deep: boolean, onDamage: (damage: string) => void): Promise<Entry | null> {
    const dir = this.path('entries', id);
    const file = path.join(dir, 'entry.json');
    if (!existsSync(dir)) return null;
    let damage: string | null;
    try {
      const { name, key, meta, files } = EntryFile.parse(JSON.parse(await readFile(file, 'utf8')));
      damage = await findDamage(dir, files, deep);
      if (!damage) {
        touch(dir);
        return { name, key, dir, meta, cached: true };
      }
    } catch {
      damage = 'its manifest cannot be read';
    }
    onDamage(damage);
    return null;
  }

  /** Does the entry exist? It may be damaged; whoever uses it will find out. */
  has(name: string, key: string): boolean {
    return existsSync(this.path('entries', `${name}-${key}`));
  }

  /** A downloaded file by its SHA-256, or null. Its content is checked, since it will be unpacked. */
  package(sha256: string, size: number): string | null {
    const file = this.path('packages', sha256);
    const now = lstatSync(file, { throwIfNoEntry: false });
    return now?.size === size && hashFile(file) === sha256 ? file : null;
  }

  /**
   * Removes unfinished work of processes that have ended. Not possible in a read-only cache, which can still be used.
   */
  async #sweep(): Promise<void> {
    for (const id of readdirSync(this.path('work'))) {
      const lock = await FileLock.tryAcquire(this.path('locks', id)).catch((error: unknown) => {
        if (isDenied(error)) return null;
        throw error;
      });
      if (!lock) continue;
      await using _ = lock;
      await removeTree(this.path('work', id));
      await lock.remove();
    }
  }

  /** All finished entries, the most recently used first. */
  async list(): Promise<{ name: string; key: string; dir: string; used: Date; bytes: number }[]> {
    const entries = readdirSync(this.path('entries')).map(async (id) => {
      const dir = this.path('entries', id);
      return { ...splitId(id), dir, used: lstatSync(dir).mtime, bytes: await treeSize(dir) };
    });
    return (await Promise.all(entries)).sort((a, b) => b.used.getTime() - a.used.getTime());
  }

  /**
   * Everything that can be removed now: entries that nobody uses and, unless something is being built, packages not in
   * `keep`.
   */
  async removable(keep: ReadonlySet<string>): Promise<Removable[]> {
    const inUse = await this.#users.inUse();
    const entries = (await this.list())
      .map(({ name, key, bytes, used }) => ({ id: `${name}-${key}`, name, bytes, used }))
      .filter(({ id }) => !inUse.has(id));
    const packages = this.#looseFiles(keep).map((sha256) => {
      const { size, mtime } = lstatSync(this.path('packages', sha256));
      return { id: `package ${sha256.slice(0, 16)}`, package: sha256, bytes: size, used: mtime };
    });
    return [...entries, ...packages];
  }

  /** Removes what removable() returned, except what another process uses or builds by now. */
  async remove(items: readonly Removable[]): Promise<Removed> {
    const gone: Removed = { removed: [], bytes: 0 };
    const loose = new Set(this.#looseFiles(new Set()));
    for (const item of items) {
      if (item.package === undefined) {
        if (!(await this.#remove(item.id))) continue;
      } else {
        if (!loose.has(item.package)) continue;
        await rm(this.path('packages', item.package), { force: true });
      }
      gone.removed.push(item.id);
      gone.bytes += item.bytes;
    }
    await this.#sweepLocks();
    return gone;
  }

  /** Not while something is being built, since it may use packages that no lock file names. */
  #looseFiles(keep: ReadonlySet<string>): string[] {
    if (readdirSync(this.path('work')).length > 0) return [];
    return readdirSync(this.path('packages')).filter((sha256) => !keep.has(sha256));
  }

  /** Returns false if it does not exist, or somebody builds or uses it. */
  async #remove(id: string): Promise<boolean> {
    const lock = await FileLock.tryAcquire(this.path('locks', id));
    if (!lock) return false;
    await using _ = lock;
    const [dir, work] = [this.path('entries', id), this.path('work', id)];
    if (!existsSync(dir)) return false;
    await rename(dir, work);
    // Check again under the lock: a new user marks the entry before looking for it.
    if ((await this.#users.inUse()).has(id)) {
      await rename(work, dir);
      return false;
    }
    await removeTree(work);
    await lock.remove();
    return true;
  }

  /** Removes lock files that nobody holds, which a crash leaves behind. */
  async #sweepLocks(): Promise<void> {
    for (const name of readdirSync(this.path('locks'))) {
      const lock = await FileLock.tryAcquire(this.path('locks', name));
      await using _ = lock;
      await lock?.remove();
    }
  }
}

/** An entry, or a downloaded package. */
export interface Removable {
  id: string;
  /** Name of an entry, without its key. */
  name?: string;
  /** File name of a package. */
  package?: string;
  bytes: number;
  used: Date;
}

/** Names of what was removed, and how much space that freed. */
export interface Removed {
  removed: string[];
  bytes: number;
}

export interface CacheOptions {
  progress: Emit<Progress>;
  signal: AbortSignal;
  /** Check every byte, not only sizes and times. */
  deep: boolean;
}

/** The cache directory: option, environment, XDG, home, in that order. */
export function cacheDirectory(option: string | undefined, env: NodeJS.ProcessEnv): string {
  if (option) return option;
  if (env.PHYRLAB_CACHE) return env.PHYRLAB_CACHE;
  return path.join(env.XDG_CACHE_HOME || path.join(home(env), '.cache'), 'phyrlab');
}

const DENIED = /Permission denied|Operation not permitted|Read-only file system/;

/**
 * Uses rm(1), which is much faster than Node, in its own session so that Ctrl-C in the terminal does not interrupt it.
 */
export async function removeTree(dir: string): Promise<void> {
  if (!existsSync(dir)) return;
  for (let attempt = 0; ; attempt++) {
    const result = await execa('rm', ['-rf', '--', dir], { reject: false, detached: true });
    if (!result.failed) return;
    if (attempt === 4 && DENIED.test(result.stderr))
      throw new UsageError(`cannot remove ${dir}: ${result.stderr.split('\n')[0]}`, 'remove it as its owner');
    if (attempt === 4) throw new InfraError(`cannot remove ${dir}`, result.stderr);
    await execa('chmod', ['-R', 'u+rwX', '--', dir], { reject: false });
    await sleep(100);
  }
}

async function treeSize(dir: string): Promise<number> {
  try {
    const { files } = EntryFile.parse(JSON.parse(await readFile(path.join(dir, 'entry.json'), 'utf8')));
    return files.reduce((sum, file) => sum + file.size, 0);
  } catch {
    return 0;
  }
}

/** Records the time of use for gc. Not possible in a read-only cache, which can still be used. */
function touch(dir: string): void {
  try {
    utimesSync(dir, new Date(), new Date());
  } catch {}
}

function splitId(id: string): { name: string; key: string } {
  const dash = id.lastIndexOf('-');
  return { name: id.slice(0, dash), key: id.slice(dash + 1) };
}
