/** The include rule of guest/phyr: a folder includes its own header, and headers of the folders below it. */
import { readdirSync, readFileSync } from 'node:fs';
import { join, normalize } from 'node:path';
import { describe, expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '..', '..', 'guest');

/** The folders of phyr.ko: its public headers, and of which others it may include the public and the private ones. */
const FOLDERS: Record<string, { own: string[]; below: string[]; inside: string[] }> = {
  lib: { own: ['list'], below: [], inside: [] },
  mm: { own: ['build'], below: ['lib'], inside: ['lib'] },
  dma: { own: ['map', 'reg', 'sg', 'domain'], below: ['lib'], inside: ['lib'] },
  share: { own: ['lease', 'dmabuf', 'import'], below: ['lib', 'mm', 'dma'], inside: [] },
};
/** What breaks a build with planted defects on purpose. */
const PLANTS = ['phyr_plant.h', 'phyr/fail.h'];

const sources = (folder: string): string[] =>
  readdirSync(join(ROOT, folder))
    .filter((name) => /\.[ch]$/.test(name))
    .map((name) => join(folder, name));

/** Which folder owns a header of phyr.ko, public or private; `phyr.h` is for users. */
function ownerOf(header: string): string | undefined {
  const [, name = ''] = /^include\/phyr\/(\w+)\.h$/.exec(header) ?? [];
  if (name !== '') return Object.keys(FOLDERS).find((folder) => FOLDERS[folder]?.own.includes(name));
  return /^phyr\/(\w+)\//.exec(header)?.[1];
}

/** Why this include is not allowed, or nothing. `name` is as it stands between the quotes. */
function objection(file: string, name: string): string | undefined {
  const own = ownerOf(file);
  const beside = normalize(join(file, '..', name));
  if (PLANTS.includes(name) || PLANTS.includes(beside)) return undefined;
  const isPrivate = name.startsWith('../') || !name.includes('/');
  const header = file.startsWith('include/') || (isPrivate && name !== 'phyr.h') ? beside : join('include', name);
  const owner = ownerOf(header);
  if (own === undefined || owner === undefined) return `${name} is no header of a folder of phyr.ko`;
  if (file.startsWith('include/') && !header.startsWith('include/')) return 'a public header includes a private one';
  const allowed = FOLDERS[own]?.[header.startsWith('include/') ? 'below' : 'inside'];
  if (owner === own || allowed?.includes(owner)) return undefined;
  return `${own}/ may not include ${header} of ${owner}/`;
}

describe('includes of guest/phyr', () => {
  const files = [...Object.keys(FOLDERS).map((folder) => join('phyr', folder)), 'include/phyr'].flatMap(sources);
  const includes = files.flatMap((file) =>
    [...readFileSync(join(ROOT, file), 'utf8').matchAll(/^#include "(.*)"$/gm)].map(([, name = '']) => ({
      file,
      name,
    })),
  );

  it('sees the sources', () => {
    const folders = readdirSync(join(ROOT, 'phyr'), { withFileTypes: true }).filter((item) => item.isDirectory());
    expect(folders.map(({ name }) => name).sort()).toEqual(Object.keys(FOLDERS).sort());
    expect(files.length).toBeGreaterThan(30);
    expect(includes.length).toBeGreaterThan(files.length);
  });

  it('run downward only', () => {
    const wrong = includes.flatMap(({ file, name }) => {
      const why = objection(file, name);
      return why === undefined ? [] : [`${file}: ${why}`];
    });
    expect(wrong).toEqual([]);
  });

  it('of the library are the kernel’s slab and types', () => {
    const kernel = sources('phyr/lib').flatMap((file) =>
      [...readFileSync(join(ROOT, file), 'utf8').matchAll(/^#include <(.*)>$/gm)].map(([, name]) => name),
    );
    expect([...new Set(kernel)].sort()).toEqual([
      'linux/export.h',
      'linux/overflow.h',
      'linux/slab.h',
      'linux/sprintf.h',
    ]);
  });

  it.each([
    ['phyr/lib/list.c', '../dma/dma.h'],
    ['phyr/lib/list.c', 'phyr/map.h'],
    ['phyr/lib/list.c', 'phyr.h'],
    ['phyr/dma/sg.c', '../mm/mm.h'],
    ['phyr/mm/rq.c', 'phyr/map.h'],
    ['phyr/dma/reg.c', 'phyr/lease.h'],
    ['phyr/share/import.c', '../dma/dma.h'],
    ['include/phyr/list.h', 'map.h'],
    ['include/phyr/list.h', '../../phyr/lib/lib.h'],
  ])('would object to %s including %s', (file, name) => {
    expect(objection(file, name)).toBeDefined();
  });
});
