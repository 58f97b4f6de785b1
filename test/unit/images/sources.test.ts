import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { copySources, guestSources, moduleParts } from '../../../src/images/sources.js';
import { temporaryDir } from './fixtures.js';

function guest(): string {
  const root = temporaryDir();
  for (const dir of ['include', 'a', 'tools']) mkdirSync(path.join(root, dir));
  for (const file of ['Kbuild', 'include/a.h', 'a/Kbuild', 'a/a.c', 'tools/t.c'])
    writeFileSync(path.join(root, file), file);
  return root;
}

it('modules are built from what Kbuild descends into', () => {
  const root = guest();
  expect([...guestSources(moduleParts(root), root).files.keys()]).toEqual([
    'Kbuild',
    'a/Kbuild',
    'a/a.c',
    'include/a.h',
  ]);
});

it('the key follows the sources and nothing else', () => {
  const root = guest();
  const key = () => guestSources(moduleParts(root), root).key;
  const before = key();
  writeFileSync(path.join(root, 'tools/t.c'), 'another tool');
  writeFileSync(path.join(root, 'a/a.o'), 'a build product');
  writeFileSync(path.join(root, 'a/.a.o.cmd'), 'another');
  writeFileSync(path.join(root, 'a/README.md'), 'a page');
  expect(key()).toBe(before);
  writeFileSync(path.join(root, 'include/a.h'), 'changed');
  expect(key()).not.toBe(before);
});

it('only sources are copied', () => {
  const root = guest();
  writeFileSync(path.join(root, 'a/a.o'), 'a build product');
  const to = temporaryDir();
  copySources(guestSources(['a'], root), to);
  expect([existsSync(path.join(to, 'a/a.c')), existsSync(path.join(to, 'a/a.o'))]).toEqual([true, false]);
});
