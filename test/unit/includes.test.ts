/** What the modules' sources may use of each other: a folder of guest/phyr those below it, a file no other in a circle. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, normalize } from 'node:path';
import { describe, expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '..', '..', 'guest');

/** The folders of phyr.ko: its public headers, and of which others it may include the public and the private ones. */
const FOLDERS: Record<string, { own: string[]; below: string[]; inside: string[] }> = {
  lib: { own: ['list', 'word'], below: [], inside: [] },
  mm: { own: ['build'], below: ['lib'], inside: ['lib'] },
  dma: { own: ['map', 'reg', 'sg', 'domain'], below: ['lib'], inside: ['lib'] },
  share: { own: ['lease', 'dmabuf', 'import'], below: ['lib', 'mm', 'dma'], inside: [] },
};

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

/** What a file defines for others and what it names, by a reading of the text that knows the kernel's style. */
interface Uses {
  defines: string[];
  names: Set<string>;
}

const TYPE = String.raw`(?:const |extern |unsigned )*(?:(?:struct|enum) \w+|[a-z]\w*)`;
const FUNCTION = new RegExp(
  String.raw`^(?!static|typedef|else|return)${TYPE}[ \t*]+(?:\w+ )?(\w+)\([^;{}]*\)\s*\{`,
  'gm',
);
const VARIABLE = new RegExp(
  String.raw`^(?!static|typedef|extern)${TYPE} [ *]*(?:const )?(\w+)(?:\[[^\]]*\])?(?: __\w+)?(?: =|;)`,
  'gm',
);
const INLINE = /^static [^\n;]*?\b(\w+)\([^;{}]*?\)\s*\{(.*?)^\}/gms;

function withoutComments(text: string): string {
  return text.replaceAll(/\/\*.*?\*\//gs, '').replaceAll(/"(?:\\.|[^"\\\n])*"/g, '""');
}

/** Words that are no names of structures or of their fields. */
function namesIn(text: string): Set<string> {
  return new Set([...text.matchAll(/(?<!(?:struct|enum|union) |->|\.)\b[a-z]\w+\b/g)].map(([word]) => word));
}

function usesOf(text: string, inlines: Map<string, Set<string>>): Uses {
  const names = namesIn(text);
  // A Set is walked over what is added to it meanwhile.
  for (const name of names) for (const further of inlines.get(name) ?? []) names.add(further);
  const defines = [FUNCTION, VARIABLE].flatMap((form) => [...text.matchAll(form)].map(([, name = '']) => name));
  return { defines, names };
}

/** The files that lead from one back to itself; none where there is no circle. */
function circles(texts: Map<string, string>): string[] {
  const inlines = new Map<string, Set<string>>();
  for (const [file, text] of texts)
    if (file.endsWith('.h'))
      for (const [, name = '', body = ''] of text.matchAll(INLINE)) inlines.set(name, namesIn(body));
  const uses = new Map(
    [...texts].filter(([file]) => file.endsWith('.c')).map(([file, text]) => [file, usesOf(text, inlines)]),
  );
  const home = new Map([...uses].flatMap(([file, { defines }]) => defines.map((name) => [name, file] as const)));
  const next = (file: string): string[] => [
    ...new Set([...(uses.get(file)?.names ?? [])].flatMap((name) => home.get(name) ?? []).filter((to) => to !== file)),
  ];
  const reached = (from: string): Set<string> => {
    const seen = new Set(next(from));
    for (const file of seen) for (const to of next(file)) seen.add(to);
    return seen;
  };
  return [...uses.keys()].filter((file) => reached(file).has(file)).sort();
}

describe('the files of a module', () => {
  const modules = readdirSync(ROOT).filter((name) => existsSync(join(ROOT, name, 'Kbuild')));
  const textsOf = (module: string): Map<string, string> =>
    new Map(
      readdirSync(join(ROOT, module), { recursive: true, encoding: 'utf8' })
        .filter((name) => /\.[ch]$/.test(name))
        .map((name) => [name, withoutComments(readFileSync(join(ROOT, module, name), 'utf8'))]),
    );

  it.each(modules)('use each other in no circle: %s', (module) => {
    expect(circles(textsOf(module))).toEqual([]);
  });

  it('would be seen in one', () => {
    const texts = textsOf('phyr_nvme');
    expect(texts.get('queue.c')).toContain('pnvme_complete_batch(&iob);');
    texts.set('complete.c', `${texts.get('complete.c')}\nvoid back(void)\n{\n\tpnvme_queue_poll(NULL);\n}\n`);
    expect(circles(texts)).toEqual(['complete.c', 'queue.c']);
    const used = 'const struct pci_driver *used(void)\n{\n\treturn &mine;\n}\n';
    const inline = 'static inline int by(int a,\n\t\t     int b)\n{\n\treturn used();\n}\n';
    const files = { 'a.c': used, 'b.c': 'struct pci_driver mine = {\n\tby(1, 2),\n};\n', 'c.h': inline };
    expect(circles(new Map(Object.entries(files)))).toEqual(['a.c', 'b.c']);
  });
});
