/**
 * Where objects of earlier builds lie, so that a build costs what was changed since: `builds/KEY` of the cache, the holder of its lock
 * only. One that was interrupted begins anew, and so does whoever finds that a source has gone.
 */
import { existsSync, readdirSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { execa } from 'execa';
import { type Cache, removeTree } from './cache.js';
import { FileLock } from './filelock.js';
import { copySources, type Sources, sourcesIn } from './sources.js';

/** A build takes some tens of megabytes. */
const KEPT = 6;
const UNFINISHED = 'unfinished';

export interface Workshop extends AsyncDisposable {
  /** The sources are there, with what earlier builds made of them. */
  work: string;
  /** To be called when the build has come to its end: what it made can be built upon. */
  finished(): void;
}

/**
 * @param key of everything but the sources: where another's objects lie, these sources are built as if they were an edit of that one's
 * @param scratch where it is built from nothing while somebody else is at work there
 * @param upon the key of another, whose objects are taken for a beginning where there are none yet
 */
export async function workshop(
  cache: Cache,
  key: string,
  sources: Sources,
  { scratch, upon, signal }: { scratch: string; upon?: string | undefined; signal: AbortSignal },
): Promise<Workshop> {
  const lock = await FileLock.tryAcquire(cache.path('locks', `builds-${key}`));
  if (!lock) {
    await mkdir(scratch);
    copySources(sources, scratch);
    return { work: scratch, finished: () => {}, [Symbol.asyncDispose]: async () => {} };
  }
  try {
    const place = cache.path('builds', key);
    const unfinished = path.join(place, UNFINISHED);
    const work = path.join(place, 'work');
    const gone = existsSync(work) && sourcesIn(work).some((file) => !sources.files.has(file));
    if (gone || existsSync(unfinished)) await removeTree(place);
    await mkdir(place, { recursive: true });
    if (!existsSync(work)) await beginUpon(cache, work, upon, signal);
    utimesSync(place, new Date(), new Date());
    writeFileSync(unfinished, '');
    copySources(sources, work);
    await clearOut(cache);
    return {
      work,
      finished: () => rmSync(unfinished),
      [Symbol.asyncDispose]: async () => {
        await lock.remove();
        await lock[Symbol.asyncDispose]();
      },
    };
  } catch (error) {
    await lock[Symbol.asyncDispose]();
    throw error;
  }
}

/** With what another has made, times and all: what make then finds older than its sources it makes anew. */
export async function beginUpon(
  cache: Cache,
  work: string,
  upon: string | undefined,
  signal: AbortSignal,
): Promise<void> {
  if (upon !== undefined) {
    // If it is at work, it ends before long, and nothing need be made twice.
    await using lock = await FileLock.acquire(cache.path('locks', `builds-${upon}`), { signal, onWait: () => {} });
    const place = cache.path('builds', upon);
    if (existsSync(path.join(place, 'work')) && !existsSync(path.join(place, UNFINISHED)))
      await execa('cp', ['-a', '--', path.join(place, 'work'), work], { cancelSignal: signal });
    await lock.remove();
  }
  await mkdir(work, { recursive: true });
}

/** Removes those that were used longest ago; nobody's who is at work. */
async function clearOut(cache: Cache): Promise<void> {
  const used = (key: string) => statSync(cache.path('builds', key)).mtimeMs;
  const all = readdirSync(cache.path('builds')).sort((a, b) => used(b) - used(a));
  for (const key of all.slice(KEPT)) {
    const lock = await FileLock.tryAcquire(cache.path('locks', `builds-${key}`));
    if (!lock) continue;
    await using _ = lock;
    await removeTree(cache.path('builds', key));
    await lock.remove();
  }
}
