/**
 * Keeps the object files of earlier builds, so that a build costs only what has changed: `builds/KEY` in the cache,
 * used only by the holder of its lock. An interrupted build starts from scratch, and so does one after a source file
 * was removed.
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
  /** Contains the sources and the results of earlier builds. */
  work: string;
  /** Call it when the build has finished, so that later builds can use its results. */
  finished(): void;
}

/**
 * @param key of everything except the sources: with the same key, the sources are built like an edit of earlier ones
 * @param scratch is used for a build from scratch while another process uses the folder
 * @param upon the key of another build, whose object files are copied if there are none yet
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

/** Copies the results of another build with their times, so that make rebuilds what is older than its sources. */
export async function beginUpon(
  cache: Cache,
  work: string,
  upon: string | undefined,
  signal: AbortSignal,
): Promise<void> {
  if (upon !== undefined) {
    // If the other build is running, it will end soon, and waiting avoids building everything twice.
    await using lock = await FileLock.acquire(cache.path('locks', `builds-${upon}`), { signal, onWait: () => {} });
    const place = cache.path('builds', upon);
    if (existsSync(path.join(place, 'work')) && !existsSync(path.join(place, UNFINISHED)))
      await execa('cp', ['-a', '--', path.join(place, 'work'), work], { cancelSignal: signal });
    await lock.remove();
  }
  await mkdir(work, { recursive: true });
}

/** Removes the builds that were used longest ago, except running ones. */
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
