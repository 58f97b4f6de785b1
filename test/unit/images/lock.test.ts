import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { differences, Lock, lockFile, packagesKey, readLock } from '../../../src/images/lock.js';
import { readRecipes } from '../../../src/images/recipe.js';
import { projectRoot } from '../../../src/model/project-root.js';
import { packageOf, temporaryDir } from './fixtures.js';

describe('a lock file', () => {
  const lock = (change: object) =>
    Lock.safeParse({ schema: 1, group: 'g', packages: [{ ...packageOf('aa', '1'), ...change }] });

  it('takes what it should', () => {
    expect(lock({}).success).toBe(true);
    expect(lock({ version: '1:2.3~rc1+dfsg-4+b1' }).success).toBe(true);
  });

  it.each([
    { sha256: 'abc' },
    { sha256: `${'0'.repeat(63)}\n` },
    { size: 0 },
    { path: 'pool/../../etc/passwd' },
    { path: 'http://mirror/pool/a.deb' },
    { name: 'a b' },
    { version: '-o APT::x=y' },
    { more: 1 },
  ])('refuses %o', (change) => {
    expect(lock(change).success).toBe(false);
  });

  it('refuses a package that is there twice', () => {
    const packages = [packageOf('aa', '1'), packageOf('aa', '2')];
    expect(Lock.safeParse({ schema: 1, group: 'g', packages }).success).toBe(false);
  });

  it('that cannot be read says which and what to do', () => {
    const file = path.join(temporaryDir(), 'g.lock.json');
    writeFileSync(file, '{"schema": 1, "group": "h", "packages": []}');
    expect(() => readLock('g', file)).toThrow(`lock file ${file} is not valid`);
    writeFileSync(file, JSON.stringify({ schema: 1, group: 'h', packages: [packageOf('aa', '1')] }));
    expect(() => readLock('g', file)).toThrow("it locks 'h'");
  });
});

describe('the committed locks', () => {
  it('are valid, and there is one for every recipe and no other', () => {
    const groups = Object.keys(readRecipes().groups);
    for (const group of groups) expect(readLock(group).packages.length).toBeGreaterThan(0);
    const files = readdirSync(path.join(projectRoot, 'images')).filter((name) => name.endsWith('.lock.json'));
    expect(files.sort()).toEqual(groups.map((group) => path.basename(lockFile(group))).sort());
  });

  it('name no host', () => {
    for (const file of ['recipes.json', ...Object.keys(readRecipes().groups).map((group) => `${group}.lock.json`)]) {
      expect(readFileSync(path.join(projectRoot, 'images', file), 'utf8')).not.toMatch(/:\/\/|\.org|\.com/);
    }
  });
});

it('the key of a set of packages is that of its contents, in any order', () => {
  const [a, b] = [packageOf('aa', '1'), packageOf('bb', '1')];
  expect(packagesKey([a, b])).toBe(packagesKey([b, a]));
  expect(packagesKey([a, b])).not.toBe(packagesKey([a]));
  expect(packagesKey([a, { ...b, sha256: 'f'.repeat(64) }])).not.toBe(packagesKey([a, b]));
});

it('differences are named, one line a package', () => {
  const same = packageOf('same', '1');
  const locked = [same, packageOf('newer', '1'), packageOf('gone', '1'), packageOf('rebuilt', '1')];
  const taken = [
    same,
    packageOf('newer', '2'),
    packageOf('rebuilt', '1', { sha256: 'f'.repeat(64) }),
    packageOf('added', '3'),
  ];
  expect(differences(locked, taken)).toEqual([
    'newer 1 -> 2',
    'gone 1 -> none',
    'rebuilt 1 -> other contents',
    'added none -> 3',
  ]);
});
