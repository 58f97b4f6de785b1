import { existsSync, mkdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { guestSources } from '../../../src/images/sources.js';
import { workshop } from '../../../src/images/workshop.js';
import { openCache, temporaryDir } from './fixtures.js';

/** Sources of a module and a cache; `build` does as make does, and says what it found of an earlier build. */
async function scene() {
  const root = temporaryDir();
  const { cache } = await openCache(temporaryDir());
  mkdirSync(path.join(root, 'm'));
  const source = (name: string, text: string) => writeFileSync(path.join(root, 'm', name), text);
  source('a.c', 'a');
  source('b.c', 'b');
  const { signal } = new AbortController();
  const open = (key = 'k', upon?: string) =>
    workshop(cache, key, guestSources(['m'], root), { scratch: path.join(temporaryDir(), 'work'), upon, signal });
  const build = async (end: 'finished' | 'killed' = 'finished', key = 'k', upon?: string) => {
    await using shop = await open(key, upon);
    const object = path.join(shop.work, 'm', 'a.o');
    const found = existsSync(object);
    writeFileSync(object, 'object');
    if (end === 'finished') shop.finished();
    return { found, work: shop.work };
  };
  return { root, source, open, build };
}

describe('a build', () => {
  it('finds what the one before it made, and only what was edited is newer', async () => {
    const { source, build } = await scene();
    const { work } = await build();
    const long = new Date(1_000_000_000_000);
    for (const name of ['a.c', 'b.c']) utimesSync(path.join(work, 'm', name), long, long);
    source('b.c', 'edited');
    expect((await build()).found).toBe(true);
    expect(statSync(path.join(work, 'm/a.c')).mtimeMs).toBe(long.getTime());
    expect(statSync(path.join(work, 'm/b.c')).mtimeMs).toBeGreaterThan(long.getTime());
    expect(readFileSync(path.join(work, 'm/b.c'), 'utf8')).toBe('edited');
  });

  it('begins anew after one that was killed, and where a source is gone', async () => {
    const { root, build } = await scene();
    await build('killed');
    expect((await build()).found).toBe(false);
    expect((await build()).found).toBe(true);
    rmSync(path.join(root, 'm/b.c'));
    const { found, work } = await build();
    expect([found, existsSync(path.join(work, 'm/b.c'))]).toEqual([false, false]);
  });

  it('begins with what another has made, with its times, and with nothing that was killed', async () => {
    const { source, build } = await scene();
    const { work } = await build();
    const long = new Date(1_000_000_000_000);
    for (const name of ['a.c', 'a.o', 'b.c']) utimesSync(path.join(work, 'm', name), long, long);
    source('b.c', 'edited');
    const upon = await build('finished', 'planted', 'k');
    expect(upon.found).toBe(true);
    expect(upon.work).not.toBe(work);
    expect(statSync(path.join(upon.work, 'm/a.c')).mtimeMs).toBe(long.getTime());
    expect(statSync(path.join(upon.work, 'm/b.c')).mtimeMs).toBeGreaterThan(long.getTime());
    // The other is as it was.
    expect(readFileSync(path.join(work, 'm/b.c'), 'utf8')).toBe('b');

    await build('killed');
    expect((await build('finished', 'third', 'k')).found).toBe(false);
    expect((await build('finished', 'fourth', 'nobody')).found).toBe(false);
  });

  it('does not wait for another, and builds from nothing', async () => {
    const { open, build } = await scene();
    const { work } = await build();
    await using _shop = await open();
    const other = await build();
    expect(other.found).toBe(false);
    expect(other.work).not.toBe(work);
  });
});
