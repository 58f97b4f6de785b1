import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readlinkSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Package } from '../../../src/images/lock.js';
import type { Packages } from '../../../src/images/packages.js';
import { unpack } from '../../../src/images/unpack.js';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'phyrlab-test-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

function makePackage(name: string): [Package, string] {
  const tree = join(dir, name);
  mkdirSync(join(tree, 'DEBIAN'), { recursive: true });
  mkdirSync(join(tree, 'usr/share/doc'), { recursive: true });
  writeFileSync(
    join(tree, 'DEBIAN/control'),
    `Package: ${name}\nVersion: 1\nArchitecture: all\nMaintainer: none <none@none.example>\nDescription: none\n`,
  );
  for (const file of [name, `doc/${name}`]) writeFileSync(join(tree, 'usr/share', file), name);
  const file = join(dir, `${name}.deb`);
  execFileSync('dpkg-deb', ['--build', '-Znone', tree, file], { stdio: 'ignore' });
  return [describing(name, file), file];
}

function describing(name: string, file: string): Package {
  const { size } = statSync(file);
  return { name, version: '1', kind: 'binary', path: `pool/${name}.deb`, size, sha256: '0'.repeat(64) };
}

async function unpackAll(files: [Package, string][]): Promise<number[]> {
  const source = { fetch: async () => new Map(files) } as unknown as Packages;
  const told: number[] = [];
  const progress = (done: number) => told.push(done);
  const { signal } = new AbortController();
  const context = { dir, scratch: dir, signal, progress };
  await unpack(
    files.map(([one]) => one),
    join(dir, 'root'),
    source,
    context,
  );
  return told;
}

it('unpacks every package and tells of each, with the links of a merged /usr and without documentation', async () => {
  const names = ['a1', 'b2', 'c3', 'd4', 'e5'];
  expect(await unpackAll(names.map(makePackage))).toEqual([1, 2, 3, 4, 5]);
  for (const name of names) expect(existsSync(join(dir, 'root/usr/share', name)), name).toBe(true);
  expect(existsSync(join(dir, 'root/usr/share/doc'))).toBe(false);
  expect(readlinkSync(join(dir, 'root/bin'))).toBe('usr/bin');
});

it('names the package that cannot be unpacked, and does not go on', async () => {
  const file = join(dir, 'broken.deb');
  writeFileSync(file, 'no archive, and larger than the others'.repeat(1000));
  await expect(unpackAll([makePackage('a1'), [describing('broken', file), file]])).rejects.toThrow(
    /^unpacking broken 1 failed: dpkg-deb: error: .*not a Debian format archive/,
  );
});
