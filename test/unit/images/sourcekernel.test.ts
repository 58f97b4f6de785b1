import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { kernelGroup } from '../../../src/images/kernel.js';
import { readLock } from '../../../src/images/lock.js';
import { Packages } from '../../../src/images/packages.js';
import { readRecipes } from '../../../src/images/recipe.js';
import { notGranted, sourceKernelKey } from '../../../src/images/sourcekernel.js';
import { UsageError } from '../../../src/model/index.js';
import { projectRoot } from '../../../src/model/project-root.js';
import { openCache, packageOf, temporaryDir } from './fixtures.js';

const recipes = readRecipes();
const recipe = recipes.groups['kernel-debug'];
if (recipe?.kind !== 'kernel-source') throw new Error('no recipe for the debug kernel');
const fragment = readFileSync(path.join(projectRoot, 'images', recipe.config), 'utf8');

describe('the recipe of the debug kernel', () => {
  const locked = readLock('kernel-debug').packages.map(({ name }) => name);

  it('locks the source and what the toolbox lacks, and nothing that the toolbox has', () => {
    expect(locked).toContain(recipe.source);
    expect(locked).toEqual(expect.arrayContaining(['flex', 'bison', 'bc', 'libelf-dev']));
    const toolbox = new Set(readLock('toolbox').packages.map(({ name }) => name));
    expect(locked.filter((name) => toolbox.has(name))).toEqual([]);
  });

  it('no other group fetches the source', () => {
    for (const group of Object.keys(recipes.groups).filter((name) => name !== 'kernel-debug'))
      expect(readLock(group).packages.map(({ name }) => name)).not.toContain(recipe.source);
  });

  it.each([
    'KASAN',
    'DMA_API_DEBUG',
    'PROVE_LOCKING',
    'DEBUG_KMEMLEAK',
    'FAILSLAB',
    'FAIL_PAGE_ALLOC',
    'IOMMUFD',
    'PVH',
  ])('turns on %s', (option) => {
    expect(fragment).toMatch(new RegExp(`^CONFIG_${option}=y$`, 'm'));
  });

  it('builds everything in, each option once, and says so in the release', () => {
    expect(fragment).not.toMatch(/=m$/m);
    expect(fragment).toMatch(/^CONFIG_LOCALVERSION="-debug"$/m);
    const names = [...fragment.matchAll(/^(CONFIG_\w+)=/gm)].map(([, name]) => name);
    expect(names.filter((name, at) => names.indexOf(name) !== at)).toEqual([]);
  });
});

describe('a configuration', () => {
  it('is compared with the fragment, comments and all that is more aside', () => {
    const config = 'CONFIG_A=y\nCONFIG_S="x=y"\n# CONFIG_B is not set\nCONFIG_N=16\nCONFIG_MORE=y\n';
    expect(notGranted('# why\nCONFIG_A=y\n\nCONFIG_S="x=y"\n', config)).toEqual([]);
    expect(notGranted('CONFIG_B=y\nCONFIG_N=8\nCONFIG_GONE=y\n', config)).toEqual([
      'CONFIG_B=y is n',
      'CONFIG_N=8 is 16',
      'CONFIG_GONE=y is n',
    ]);
  });
});

describe('its key', () => {
  const set = { group: 'kernel-debug', key: 'packages', packages: [packageOf('linux-source-7.3', '1')] };
  const key = sourceKernelKey(set, recipe, fragment, 'toolbox');

  it('is that of the same inputs', () => {
    expect(sourceKernelKey({ ...set }, recipe, fragment, 'toolbox')).toBe(key);
  });

  it.each([
    ['the packages', () => sourceKernelKey({ ...set, key: 'others' }, recipe, fragment, 'toolbox')],
    ['the fragment', () => sourceKernelKey(set, recipe, `${fragment}CONFIG_UBSAN=y\n`, 'toolbox')],
    ['the toolbox', () => sourceKernelKey(set, recipe, fragment, 'another')],
  ])('changes with %s', (_what, other) => {
    expect(other()).not.toBe(key);
  });
});

describe('the name of a kernel', () => {
  async function groupOf(spec: string): Promise<string> {
    const { cache } = await openCache(temporaryDir());
    const none = async () => {
      throw new Error('no archive is asked for a name');
    };
    const archive = { download: none, update: none, available: none, closure: none };
    const packages = new Packages(
      cache,
      { ...archive, show: none, source: none, candidates: none, names: none },
      { locked: true, offline: true, recipes, progress: () => {} },
    );
    return kernelGroup(spec, recipes, packages);
  }

  it('is a series, or debug', async () => {
    expect(await groupOf('7.3')).toBe('kernel-7.3');
    expect(await groupOf('debug')).toBe('kernel-debug');
  });

  it('that is unknown is answered with those that are known', async () => {
    const error = await groupOf('debugg').catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(UsageError);
    expect((error as UsageError).hint).toMatch(
      /known: 7\.3, 7\.2, 7\.3-full, 7\.2-full, 7\.3-arm64, 7\.2-arm64, debug, /,
    );
  });
});
