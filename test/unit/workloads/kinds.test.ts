/** A kind is a folder: what is known of it is there, and all others ask it. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { kinds } from '../../../src/workloads/index.js';

const ROOT = join(import.meta.dirname, '..', '..', '..');
const WORKLOADS = join(ROOT, 'src', 'workloads');
const names: string[] = kinds.map(({ name }) => name);

const sources = readdirSync(join(ROOT, 'src'), { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts'))
  .map((file) => join(ROOT, 'src', file));

/** Where a word is called like a kind and means something else. */
const HOMONYMS = new Set([
  "src/cli/recording.ts: 'ktap'", // A format of reports.
  "src/cli/script.ts: 'ktap'", // What a command prints.
  "src/model/metric.ts: 'register'", // A part of a cost.
  "src/model/script.ts: 'ktap'", // What a command prints.
  'src/report/html/packed.ts: `command`', // A field of the same data.
  "src/workloads/shared/test-memory.ts: 'vfio'", // A word of the guest's tool.
]);

/** The names of kinds that a text has as strings. */
function namedIn(text: string): string[] {
  return [...text.matchAll(/(['"`])([\w-]+)\1/g)].flatMap(([all, , word]) => (names.includes(word ?? '') ? [all] : []));
}

describe('a kind', () => {
  it('has a folder of its name with a declaration, what runs it and a page, and is in the list', () => {
    const folders = readdirSync(WORKLOADS, { withFileTypes: true })
      .filter((entry) => entry.isDirectory() && entry.name !== 'shared')
      .map(({ name }) => name);
    expect(folders.sort()).toEqual([...names].sort());
    for (const name of names)
      for (const file of ['declaration.ts', 'run.ts', 'README.md'])
        expect(existsSync(join(WORKLOADS, name, file)), `${name}/${file}`).toBe(true);
  });

  it('is named by nobody else', () => {
    const others = sources.filter((file) => !names.includes(relative(WORKLOADS, file).split('/')[0] ?? ''));
    expect(others.length).toBeGreaterThan(200);
    const found = others.flatMap((file) =>
      namedIn(readFileSync(file, 'utf8')).map((word) => `${relative(ROOT, file)}: ${word}`),
    );
    expect(found.filter((place) => !HOMONYMS.has(place))).toEqual([]);
    expect([...HOMONYMS].filter((place) => !found.includes(place))).toEqual([]);
    expect(namedIn("workload.kind === 'crosscheck'")).toEqual(["'crosscheck'"]);
  });

  it('imports nothing from the folder of another', () => {
    for (const name of names) {
      const folder = join(WORKLOADS, name);
      const files = readdirSync(folder).filter((file) => file.endsWith('.ts'));
      const code = files.map((file) => readFileSync(join(folder, file), 'utf8')).join('\n');
      const imported = [...code.matchAll(/'\.\.\/([\w-]+)\//g)].map(([, from]) => from ?? '');
      expect(
        imported.filter((from) => names.includes(from)),
        name,
      ).toEqual([]);
    }
  });

  it.each(kinds)(
    '$name is described in one line, which heads its page, and runs',
    async ({ name, describe: line, run }) => {
      expect(readFileSync(join(WORKLOADS, name, 'README.md'), 'utf8').split('\n')[0]).toBe(`# ${name}: ${line}`);
      expect(line).toMatch(/^\S.{10,110}[^.]$/);
      expect((await run()).run).toBeTypeOf('function');
    },
  );
});

/** What is loaded with a file: not what only types come from, and not what is imported later. */
function loadedWith(file: string, seen = new Set<string>()): Set<string> {
  if (seen.has(file)) return seen;
  seen.add(file);
  const statements = readFileSync(file, 'utf8').matchAll(/^(?:import|export) (?!type )[^;]*? from '(\.[^']+)';/gm);
  for (const [statement, path = ''] of statements)
    if (!/^(import|export) \{( type [^,}]*,?)+ \}/.test(statement.replace(/\s+/g, ' ')))
      loadedWith(resolve(file, '..', path.replace(/\.js$/, '.ts')), seen);
  return seen;
}

it('planning loads declarations, and nothing that runs in guests', () => {
  const loaded = [...loadedWith(join(WORKLOADS, 'index.ts'))].map((file) => relative(join(ROOT, 'src'), file));
  expect(loaded).toContain('workloads/crosscheck/declaration.ts');
  expect(loaded.filter((file) => !/^(model|arches|iommus|fabric|workloads)\//.test(file))).toEqual([]);
  expect(loaded.filter((file) => file.endsWith('/run.ts'))).toEqual([]);
  const running = [...loadedWith(join(WORKLOADS, 'crosscheck', 'run.ts'))].map((file) => relative(ROOT, file));
  expect(running).toContain('src/guest/session.ts');
});
