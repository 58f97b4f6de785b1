/** The import rule of the design: arrows run downward only. */
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { describe, expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '..', '..');

/** What a machine is made of. */
const MACHINE = ['arches', 'iommus'];

/** All rooms that running a cell needs. */
const BELOW_RUN = [
  ...MACHINE,
  ...[
    'model',
    'host',
    'coverage',
    'fabric',
    'workloads',
    'plan',
    'images',
    'qemu',
    'guest',
    'oracle',
    'results',
    'perf',
  ],
];

/** What each room may import of the project, besides itself. */
const MAY: Record<string, string[]> = {
  arches: [],
  iommus: ['arches'],
  // A machine is made of them, and its declaration is checked by them.
  model: ['arches', 'iommus'],
  host: ['model'],
  coverage: ['model', 'host'],
  mutate: ['model', 'coverage'],
  fabric: [...MACHINE, 'model'],
  workloads: [...MACHINE, 'model', 'fabric', 'guest', 'oracle', 'perf', 'qemu'],
  plan: [...MACHINE, 'model', 'fabric', 'workloads'],
  images: [...MACHINE, 'model', 'host', 'coverage'],
  qemu: [...MACHINE, 'model', 'host', 'coverage'],
  guest: [...MACHINE, 'model', 'host'],
  oracle: [...MACHINE, 'model'],
  results: [...MACHINE, 'model', 'workloads', 'mutate'],
  perf: ['model', 'workloads'],
  terminal: ['model'],
  run: BELOW_RUN,
  report: [
    ...MACHINE,
    ...['model', 'coverage', 'mutate', 'fabric', 'workloads', 'plan', 'qemu', 'results', 'perf', 'terminal'],
  ],
  cli: [...BELOW_RUN, 'mutate', 'run', 'report', 'terminal'],
};
/** What harness/ declares is in these words. */
const DECLARED = /^src\/(model\/\w|workloads\/(index|[\w-]+\/declaration)\.js$)/;
const LOADER = 'src/cli/scenarios.ts';
/**
 * Files that may be imported past the public face of their folder, by commands that boot nothing: the face loads all the folder has,
 * schemas and the SSH client among it, which costs such a command more than its own work (test/unit/cli/loaded.test.ts).
 */
const ALONE = [
  ...['errors', 'exit-code', 'host-fault', 'host-path', 'text', 'invocation', 'project-root', 'shell-quote'].map(
    (name) => `src/model/${name}.js`,
  ),
  ...['argv', 'kernel-args', 'pci'].map((name) => `src/qemu/${name}.js`),
  'src/report/show.js',
  'src/results/store.js',
];

function sources(folder: string): string[] {
  return readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => join(folder, name));
}

function importsOf(file: string): string[] {
  const text = readFileSync(join(ROOT, file), 'utf8');
  return [...text.matchAll(/(?:from|import)\s*\(?\s*'(\.[^']+)'/g)].map((match) =>
    relative(ROOT, join(ROOT, file, '..', match[1] ?? '')),
  );
}

/** Why this import is not allowed, or nothing. */
export function objection(file: string, target: string): string | undefined {
  const [top, room = ''] = file.split('/');
  const [targetTop, targetRoom = ''] = target.split('/');
  if (top === 'harness') {
    return targetTop === 'harness' || DECLARED.test(target) ? undefined : 'harness imports declarations only';
  }
  if (targetTop === 'harness') return file === LOADER ? undefined : 'only the loader imports harness';
  if (targetTop !== 'src') return 'leaves src';
  if (file === 'src/index.ts' || room === targetRoom) return undefined;
  if (MAY[room] === undefined) return `src/${room} is not a room of the house`;
  if (!MAY[room].includes(targetRoom)) return `src/${room} may not import src/${targetRoom}`;
  return target.endsWith('/index.js') || ALONE.includes(target)
    ? undefined
    : `past the public face of src/${targetRoom}`;
}

describe('imports', () => {
  const files = [...sources('src'), ...sources('harness')];

  it('sees the sources', () => {
    expect(files.length).toBeGreaterThan(40);
    expect(importsOf(LOADER)).toContain('harness/index.js');
  });

  it('run downward only', () => {
    const wrong = files.flatMap((file) =>
      importsOf(file).flatMap((target) => {
        const why = objection(file, target);
        return why === undefined ? [] : [`${file} -> ${target}: ${why}`];
      }),
    );
    expect(wrong).toEqual([]);
  });

  it.each([
    ['src/model/machine.ts', 'src/plan/index.js'],
    ['src/oracle/data.ts', 'src/run/index.js'],
    ['src/report/terminal.ts', 'src/run/index.js'],
    ['src/run/run.ts', 'src/plan/boots.js'],
    ['src/run/run.ts', 'harness/index.js'],
    ['harness/machines.ts', 'src/plan/index.js'],
  ])('would object to %s importing %s', (file, target) => {
    expect(objection(file, target)).toBeDefined();
  });
});
