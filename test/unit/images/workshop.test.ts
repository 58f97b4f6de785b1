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
  const open = () =>
    workshop(cache, 'k', guestSources(['m'], root), { root, scratch: path.join(temporaryDir(), 'work') });
  const build = async (end: 'finished' | 'killed' = 'finished') => {
    await using shop = await open();
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

  it('does not wait for another, and builds from nothing', async () => {
    const { open, build } = await scene();
    const { work } = await build();
    await using _shop = await open();
    const other = await build();
    expect(other.found).toBe(false);
    expect(other.work).not.toBe(work);
  });
});
