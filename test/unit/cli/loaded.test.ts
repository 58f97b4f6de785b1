import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '../../..');
const hook = `import { writeSync } from 'node:fs';
export async function load(url, context, next) { writeSync(2, 'loads ' + url + '\\n'); return next(url, context); }`;
const register = `import { register } from 'node:module';
register('data:text/javascript,${encodeURIComponent(hook).replaceAll("'", '%27')}');`;

/** The command before it is bundled: what is loaded late in it is a file of its own in the bundle. */
const unbundled = `import { main } from '${pathToFileURL(join(root, 'dist/src/cli/main.js')).href}';
await main([process.execPath, 'phyrlab', ...process.argv.slice(1)]);`;

/** What a command loads: packages by name, own files by their folder below dist/. */
function loadedBy(...words: string[]): { status: number | null; loaded: Set<string> } {
  const hooks = `data:text/javascript,${encodeURIComponent(register)}`;
  const args = ['--import', hooks, '--input-type=module', '-e', unbundled, '--', ...words];
  const { status, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8', maxBuffer: 1 << 26 });
  const urls = [...stderr.matchAll(/^loads (.*)$/gm)].map(([, url]) => url ?? '');
  const loaded = urls.flatMap((url) => {
    const [, name] =
      /\/node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(url) ?? /\/dist\/(src\/\w+|harness)\//.exec(url) ?? [];
    return name ?? [];
  });
  return { status, loaded: new Set(loaded) };
}

const GUESTS = ['ssh2', 'execa', 'chokidar', 'jiti', '@duckdb/node-api', 'src/images', 'src/run', 'src/guest'];

/** The files of the bundle that a command opens. */
function filesOf(...words: string[]): string[] {
  const hooks = `data:text/javascript,${encodeURIComponent(register)}`;
  const args = ['--import', hooks, join(root, 'src/cli/phyrlab.mjs'), ...words];
  const { stderr } = spawnSync(process.execPath, args, { encoding: 'utf8', maxBuffer: 1 << 26 });
  return [...stderr.matchAll(/^loads file:.*\/dist\/(.*)$/gm)].map(([, path]) => path ?? '');
}

it('the command runs from the bundle, in which what one command needs is no burden of another', () => {
  const [help, show] = [filesOf('--help'), filesOf('show', 'vtd-strict/switch/fio-verify/phyr8')];
  expect([...help, ...show].filter((path) => !path.startsWith('bin/'))).toEqual([]);
  expect(help.length).toBeGreaterThan(0);
  expect(show.length).toBeGreaterThan(help.length);
});

describe('a command loads what it uses', () => {
  it('--help: nothing but the list of commands', () => {
    const { status, loaded } = loadedBy('--help');
    expect(status).toBe(0);
    expect([...loaded].sort()).toEqual(['commander', 'src/cli', 'src/model', 'src/terminal']);
  });

  it.each([
    [0, 'show', 'vtd-strict/switch/fio-verify/phyr8'],
    [0, 'list', 'smoke'],
    [0, 'run', '--help'],
    [64, 'run', 'smokee'],
  ])('%i %s %s: nothing that guests need', (code, ...words) => {
    const { status, loaded } = loadedBy(...words);
    expect(status).toBe(code);
    expect(loaded).toContain('src/plan');
    expect(GUESTS.filter((name) => loaded.has(name))).toEqual([]);
  });
});
