import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { Cache } from '../../../src/images/cache.js';
import { cacheDirectory } from '../../../src/images/cache.js';
import { FileLock } from '../../../src/images/filelock.js';
import { UsageError } from '../../../src/model/index.js';
import { countingSpec, openCache, temporaryDir } from './fixtures.js';

const ID = 'thing-0123456789abcdef';

describe('an entry', () => {
  it('is made once and then taken from the cache', async () => {
    const dir = temporaryDir();
    const spec = countingSpec();
    const first = await (await openCache(dir)).cache.entry(spec);
    const again = await (await openCache(dir)).cache.entry(spec);
    expect(spec.builds).toBe(1);
    expect([first.cached, again.cached]).toEqual([false, true]);
    expect(again.meta).toEqual({ made: 'yes' });
    expect(readFileSync(path.join(again.dir, 'sub/file'), 'utf8')).toBe('content');
    expect(readdirSync(path.join(dir, 'work'))).toEqual([]);
  });

  it('is made once when asked for twice at the same time, also by two caches', async () => {
    const dir = temporaryDir();
    const counting = countingSpec();
    const [one, two] = [await openCache(dir), await openCache(dir)];
    const warned = () => one.warnings().length + two.warnings().length > 0;
    const spec: typeof counting = {
      ...counting,
      build: async (context) => {
        while (!warned()) await sleep(5);
        return counting.build(context);
      },
    };
    const entries = await Promise.all([one.cache.entry(spec), one.cache.entry(spec), two.cache.entry(spec)]);
    expect(counting.builds).toBe(1);
    expect(new Set(entries.map((entry) => entry.dir)).size).toBe(1);
    expect([...one.warnings(), ...two.warnings()]).toEqual([
      'thing: waiting for another phyrlab process that is building it',
    ]);
  });

  it('leaves nothing when its build fails, and can be tried again', async () => {
    const dir = temporaryDir();
    const { cache, events } = await openCache(dir);
    const spec = countingSpec();
    const failing = {
      ...spec,
      build: async (context: { dir: string }) => {
        writeFileSync(path.join(context.dir, 'half'), 'made');
        throw new Error('broken');
      },
    };
    await expect(cache.entry(failing)).rejects.toThrow('broken');
    // Whoever showed that it is made shows it no longer.
    expect(events.map(({ type }) => type)).toEqual(['step-start', 'step-failed']);
    expect(readdirSync(path.join(dir, 'work'))).toEqual([]);
    expect(readdirSync(path.join(dir, 'entries'))).toEqual([]);
    await expect(cache.entry(spec)).resolves.toMatchObject({ cached: false });
  });

  it('leaves nothing when it is interrupted', async () => {
    const dir = temporaryDir();
    const { cache, abort } = await openCache(dir);
    const entry = cache.entry(countingSpec('content', 30));
    await new Promise((resolve) => setTimeout(resolve, 5));
    abort.abort(new Error('interrupted'));
    await expect(entry).rejects.toThrow('interrupted');
    expect(readdirSync(path.join(dir, 'work'))).toEqual([]);
    expect(readdirSync(path.join(dir, 'entries'))).toEqual([]);
  });

  it('says in one line that the disk is full', async () => {
    const dir = temporaryDir();
    const { cache } = await openCache(dir);
    const build = () => Promise.reject(Object.assign(new Error('write'), { code: 'ENOSPC' }));
    const error = await cache.entry({ ...countingSpec(), build }).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(UsageError);
    expect(error).toMatchObject({ message: `no space left in the cache directory ${dir}` });
  });
});

describe('damage', () => {
  const file = (dir: string) => path.join(dir, 'entries', ID, 'sub/file');
  const damages: Record<string, (dir: string) => void> = {
    'sub/file has 3 bytes instead of 7': (dir) => truncateSync(file(dir), 3),
    'sub/file is gone': (dir) => rmSync(file(dir)),
    'sub/file was changed': (dir) => writeFileSync(file(dir), 'CONTENT'),
    'its manifest cannot be read': (dir) => writeFileSync(path.join(dir, 'entries', ID, 'entry.json'), '{'),
  };
  for (const [what, damage] of Object.entries(damages)) {
    it(`is noticed and mended: ${what}`, async () => {
      const dir = temporaryDir();
      const spec = countingSpec();
      await (await openCache(dir)).cache.entry(spec);
      damage(dir);
      const { cache, warnings } = await openCache(dir);
      await cache.entry(spec);
      expect(warnings()).toEqual([`cached ${ID} is damaged (${what}): building it again`]);
      expect(readFileSync(file(dir), 'utf8')).toBe('content');
      const clean = await openCache(dir);
      await clean.cache.entry(spec);
      expect([clean.warnings(), spec.builds]).toEqual([[], 2]);
    });
  }

  it('that shows in neither size nor time is found by looking at every byte', async () => {
    const dir = temporaryDir();
    const spec = countingSpec();
    await (await openCache(dir)).cache.entry(spec);
    const { atime, mtime } = statSync(file(dir));
    writeFileSync(file(dir), 'CONTENT');
    utimesSync(file(dir), atime, mtime);
    const recorded = JSON.parse(readFileSync(path.join(dir, 'entries', ID, 'entry.json'), 'utf8'));
    recorded.files[0].mtime = statSync(file(dir)).mtimeMs;
    writeFileSync(path.join(dir, 'entries', ID, 'entry.json'), JSON.stringify(recorded));
    const shallow = await openCache(dir);
    await shallow.cache.entry(spec);
    expect(shallow.warnings()).toEqual([]);
    const deep = await openCache(dir, { deep: true });
    await deep.cache.entry(spec);
    expect(deep.warnings()).toEqual([`cached ${ID} is damaged (the contents of sub/file changed): building it again`]);
  });

  it('of a downloaded package is noticed', async () => {
    const { cache } = await openCache(temporaryDir());
    const sha256 = 'ed7002b439e9ac845f22357d822bac1444730fbdb6016d3ec9432297b9ec9f73'; // of 'content'
    expect(cache.package(sha256, 7)).toBeNull();
    writeFileSync(cache.path('packages', sha256), 'content');
    expect(cache.package(sha256, 7)).toBe(cache.path('packages', sha256));
    writeFileSync(cache.path('packages', sha256), 'CONTENT');
    expect(cache.package(sha256, 7)).toBeNull();
  });
});

describe('opening', () => {
  it('removes what a crash left and not what somebody is making', async () => {
    const dir = temporaryDir();
    await openCache(dir);
    for (const id of ['dead-0', 'alive-0']) mkdirSync(path.join(dir, 'work', id, 'entry'), { recursive: true });
    await using lock = await FileLock.tryAcquire(path.join(dir, 'locks', 'alive-0'));
    expect(lock).not.toBeNull();
    await openCache(dir);
    expect(readdirSync(path.join(dir, 'work'))).toEqual(['alive-0']);
  });

  it('says which directory cannot be used', async () => {
    const dir = temporaryDir();
    writeFileSync(path.join(dir, 'file'), '');
    await expect(openCache(path.join(dir, 'file'))).rejects.toThrow(
      /cannot use .*\/file\/entries: a part of the path is not a folder/,
    );
  });

  it('finds the directory', () => {
    expect(cacheDirectory('/a', { PHYRLAB_CACHE: '/b' })).toBe('/a');
    expect(cacheDirectory(undefined, { PHYRLAB_CACHE: '/b', XDG_CACHE_HOME: '/c' })).toBe('/b');
    expect(cacheDirectory(undefined, { XDG_CACHE_HOME: '/c' })).toBe('/c/phyrlab');
    expect(cacheDirectory(undefined, {})).toMatch(/\/\.cache\/phyrlab$/);
  });
});

describe('what nobody uses', () => {
  const gc = async (cache: Cache, before: Date, keep: ReadonlySet<string>) =>
    cache.remove((await cache.removable(keep)).filter(({ used }) => used < before));

  it('removes what was not used since, and packages that no lock names', async () => {
    const dir = temporaryDir();
    const { cache } = await openCache(dir);
    const old = await cache.entry(countingSpec());
    await cache.entry({ ...countingSpec(), name: 'other' });
    await cache.settled();
    const long = new Date(Date.now() - 10 * 86_400_000);
    utimesSync(old.dir, long, long);
    for (const name of ['kept', 'unknown']) {
      writeFileSync(cache.path('packages', name), 'x');
      utimesSync(cache.path('packages', name), long, long);
    }
    const { removed, bytes } = await gc(cache, new Date(Date.now() - 86_400_000), new Set(['kept']));
    expect(removed).toEqual([ID, 'package unknown']);
    expect(bytes).toBe(8);
    expect((await cache.list()).map(({ name }) => name)).toEqual(['other']);
    expect(readdirSync(cache.path('packages'))).toEqual(['kept']);
    expect(readdirSync(cache.path('locks'))).toEqual([]);
  });

  it('takes nothing that another phyrlab uses, and all when that is gone', async () => {
    const dir = temporaryDir();
    const user = await openCache(dir);
    await user.cache.entry(countingSpec());
    const { cache } = await openCache(dir);
    const later = new Date(Date.now() + 1000);
    expect((await gc(cache, later, new Set())).removed).toEqual([]);
    await user.cache.settled();
    expect(readdirSync(path.join(dir, 'users'))).toEqual([]);
    expect((await gc(cache, later, new Set())).removed).toEqual([ID]);
  });

  it('is not kept from its work by a user that was killed, and clears up after it', async () => {
    const dir = temporaryDir();
    const { cache } = await openCache(dir);
    await cache.entry(countingSpec());
    await cache.settled();
    writeFileSync(path.join(dir, 'users', '1-dead'), `${ID}\n`);
    writeFileSync(path.join(dir, 'locks', 'left-0'), '');
    expect((await gc(cache, new Date(Date.now() + 1000), new Set())).removed).toEqual([ID]);
    expect([readdirSync(path.join(dir, 'users')), readdirSync(path.join(dir, 'locks'))]).toEqual([[], []]);
  });

  it('leaves packages alone while something is being made', async () => {
    const dir = temporaryDir();
    const { cache } = await openCache(dir);
    writeFileSync(cache.path('packages', 'fresh'), 'x');
    mkdirSync(cache.path('work', 'alive-0'));
    expect((await gc(cache, new Date(Date.now() + 1000), new Set())).removed).toEqual([]);
  });
});

describe('a cache that was moved', () => {
  it.each([
    ['with its times', true],
    ['without its times', false],
  ])('%s is the same cache', async (_, preserveTimestamps) => {
    const dir = temporaryDir();
    const spec = countingSpec();
    const { cache } = await openCache(dir);
    await cache.entry(spec);
    await cache.settled();
    const there = path.join(temporaryDir(), 'elsewhere');
    cpSync(dir, there, { recursive: true, preserveTimestamps });
    if (!preserveTimestamps) utimesSync(path.join(there, 'entries', ID, 'sub/file'), 1, 1);
    rmSync(dir, { recursive: true });
    const moved = await openCache(there);
    const entry = await moved.cache.entry(spec);
    expect([entry.cached, entry.dir, spec.builds]).toEqual([true, path.join(there, 'entries', ID), 1]);
    expect(moved.warnings()).toEqual([]);
    const age = Math.abs(statSync(path.join(entry.dir, 'sub/file')).mtimeMs - Date.now());
    expect(age).toBeLessThan(60_000);
  });
});

describe('the lock between processes', () => {
  it('is another one once its holder has removed the file', async () => {
    const file = path.join(temporaryDir(), 'lock');
    const first = await FileLock.tryAcquire(file);
    const waiting = FileLock.acquire(file, { signal: AbortSignal.timeout(10_000), onWait: () => {} });
    await new Promise((resolve) => setTimeout(resolve, 50));
    await first?.remove();
    await first?.[Symbol.asyncDispose]();
    await using second = await waiting;
    expect([second !== null, existsSync(file)]).toEqual([true, true]);
    expect(await FileLock.tryAcquire(file)).toBeNull();
  });

  it('excludes and is given back', async () => {
    const file = path.join(temporaryDir(), 'lock');
    {
      await using held = await FileLock.tryAcquire(file);
      expect(held).not.toBeNull();
      expect(await FileLock.tryAcquire(file)).toBeNull();
    }
    await using again = await FileLock.tryAcquire(file);
    expect(again).not.toBeNull();
  });

  it('is given back by a holder that is killed', async () => {
    const file = path.join(temporaryDir(), 'lock');
    const holder = spawn('flock', ['--no-fork', file, 'sh', '-c', 'echo held; exec sleep 60'], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    await once(holder.stdout, 'data');
    let waited = false;
    const taken = FileLock.acquire(file, {
      signal: AbortSignal.timeout(10_000),
      onWait: () => {
        waited = true;
        holder.kill('SIGKILL');
      },
    });
    await using lock = await taken;
    expect([waited, lock !== null, existsSync(file)]).toEqual([true, true, true]);
  });

  it('can be waited for no longer than its signal', async () => {
    const file = path.join(temporaryDir(), 'lock');
    await using _held = await FileLock.tryAcquire(file);
    const abort = new AbortController();
    const waiting = FileLock.acquire(file, {
      signal: abort.signal,
      onWait: () => setTimeout(() => abort.abort(new Error('enough')), 10),
    });
    await expect(waiting).rejects.toThrow('enough');
  });
});

describe('an entry that one can do without', () => {
  const spec = (key: string, text: string) => ({ ...countingSpec(text), key });

  it('is looked at byte by byte, and made in the place of a damaged one', async () => {
    const dir = temporaryDir();
    const { cache } = await openCache(dir);
    expect(await cache.find('thing', 'a', () => {})).toBeNull();
    expect(await cache.offer(spec('a', 'content'))).toBe(true);
    const file = path.join((await cache.find('thing', 'a', () => {}))?.dir ?? '', 'sub/file');
    const { atime, mtime } = statSync(file);
    writeFileSync(file, 'CONTENT');
    utimesSync(file, atime, mtime);
    const damage: string[] = [];
    expect(await cache.find('thing', 'a', (what) => damage.push(what))).toBeNull();
    expect(damage).toEqual(['the contents of sub/file changed']);
    expect(await cache.offer(spec('a', 'content'))).toBe(true);
    expect(await cache.find('thing', 'a', () => {})).not.toBeNull();
  });

  it('is not waited for', async () => {
    const dir = temporaryDir();
    const { cache } = await openCache(dir);
    await using _lock = await FileLock.tryAcquire(path.join(dir, 'locks', 'thing-a'));
    expect(await cache.offer(spec('a', 'content'))).toBe(false);
  });

  it('makes room: those used last stay', async () => {
    const dir = temporaryDir();
    const { cache } = await openCache(dir);
    for (const key of ['a', 'b', 'c']) await cache.offer(spec(key, 'x'.repeat(100)));
    const at = (key: string, s: number) => utimesSync(path.join(dir, 'entries', `thing-${key}`), s, s);
    at('a', 3000);
    at('b', 1000);
    at('c', 2000);
    await cache.trim('thing', 250);
    expect(readdirSync(path.join(dir, 'entries')).sort()).toEqual(['thing-a', 'thing-c']);
    await cache.discard('thing', 'a');
    await cache.discard('thing', 'a');
    expect(readdirSync(path.join(dir, 'entries'))).toEqual(['thing-c']);
    expect(readdirSync(path.join(dir, 'work'))).toEqual([]);
  });
});
