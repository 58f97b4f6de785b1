import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Archive } from '../../../src/images/apt.js';
import type { BuildContext } from '../../../src/images/cache.js';
import { type Package, readLock } from '../../../src/images/lock.js';
import { Packages } from '../../../src/images/packages.js';
import { readRecipes } from '../../../src/images/recipe.js';
import { UsageError } from '../../../src/model/index.js';
import { openCache, temporaryDir, type Watched } from './fixtures.js';

const locked = readLock('rootfs').packages;
const [lost] = locked;
if (!lost) throw new Error('the lock of the root file system is empty');

/** A mirror with everything that it is told, in place of apt. */
class FakeArchive implements Archive {
  /** What cannot be downloaded, and what the index knows all the same. */
  missing: Package[] = [];
  listed: Package[] = [];
  asked = 0;
  readonly #watched: Watched;
  constructor(watched: Watched) {
    this.#watched = watched;
  }
  async download(packages: readonly Package[]) {
    this.asked++;
    // Contents do not matter here, but sizes and sums are checked: so only what is small and known can be had.
    const missing = packages.filter((p) => this.missing.some((m) => m.sha256 === p.sha256));
    for (const p of packages) {
      if (p.size === CONTENT.length) writeFileSync(this.#watched.cache.path('packages', p.sha256), CONTENT);
    }
    return missing.length > 0 ? { packages: missing, said: '404 Not Found', unreachable: false } : null;
  }
  async update() {
    this.asked++;
  }
  async available(packages: readonly Package[]) {
    return packages.filter((p) => this.listed.some((l) => l.sha256 === p.sha256));
  }
  async closure() {
    return locked.filter((p) => p.kind === 'binary').map(({ name, version }) => ({ name, version }));
  }
  async show(): Promise<Package[]> {
    return locked.filter((p) => p.kind === 'binary').map((p) => (p.name === lost?.name ? CURRENT : p));
  }
  async source(name: string): Promise<Package> {
    const found = locked.find((p) => p.kind === 'source' && p.name === name);
    if (!found) throw new Error(name);
    return found;
  }
  async candidates() {
    return [];
  }
  async names() {
    return [];
  }
}

const CONTENT = 'a package';
const CURRENT: Package = {
  ...lost,
  version: '9:9.9-9',
  size: CONTENT.length,
  sha256: createHash('sha256').update(CONTENT).digest('hex'),
};

async function open(dir: string, options: { locked?: boolean; offline?: boolean } = {}) {
  const watched = await openCache(dir);
  const archive = new FakeArchive(watched);
  archive.missing = [lost as Package];
  const packages = new Packages(watched.cache, archive, {
    locked: options.locked ?? false,
    offline: options.offline ?? false,
    recipes: readRecipes(),
    progress: (event) => watched.events.push(event),
  });
  const context: BuildContext = { dir, scratch: dir, signal: watched.abort.signal, progress: () => {} };
  /** Takes the first package of the group, as a build step would. */
  const take = () =>
    packages.using('rootfs', async (set) => {
      const wanted = set.packages.filter((p) => p.name === lost?.name);
      return [...(await packages.fetch(wanted, context)).keys()].map((p) => `${p.name} ${p.version}`);
    });
  return { packages, archive, take, warnings: watched.warnings };
}

describe('a locked version that has left the mirror', () => {
  const drift = `${lost.name} ${lost.version} -> ${CURRENT.version}`;

  it('is replaced by the current one, loudly', async () => {
    const { packages, take, warnings } = await open(temporaryDir());
    expect(await take()).toEqual([`${CURRENT.name} ${CURRENT.version}`]);
    expect(packages.drift()).toEqual([drift]);
    expect(warnings()).toEqual([
      `${lost.name} ${lost.version} left the mirror`,
      `rootfs differs from its lock file: ${drift} (refresh the lock: phyrlab images update rootfs)`,
    ]);
  });

  it('stays replaced, without asking the mirror again', async () => {
    const dir = temporaryDir();
    await (await open(dir)).take();
    const { packages, archive, take } = await open(dir, { offline: true });
    expect(await take()).toEqual([`${CURRENT.name} ${CURRENT.version}`]);
    expect(packages.drift()).toEqual([drift]);
    expect(archive.asked).toBe(0);
  });

  it('is an error with --locked, which names it and the command', async () => {
    const dir = temporaryDir();
    await (await open(dir)).take();
    const { packages, take } = await open(dir, { locked: true });
    const error = await take().catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(UsageError);
    expect(error).toMatchObject({
      message: `--locked, but ${lost.name} ${lost.version} left the mirror`,
      hint: 'refresh the lock: phyrlab images update rootfs',
    });
    expect(packages.drift()).toEqual([]);
  });

  it('is not replaced while the mirror still lists it', async () => {
    const { archive, take } = await open(temporaryDir());
    archive.listed = [lost];
    await expect(take()).rejects.toThrow(
      `the mirror lists ${lost.name} ${lost.version} but cannot deliver it: 404 Not Found`,
    );
  });
});

it('--offline says what the cache lacks', async () => {
  const { archive, take } = await open(temporaryDir(), { offline: true });
  await expect(take()).rejects.toThrow(`1 package is not in the cache (${lost.name})`);
  expect(archive.asked).toBe(0);
});
