/** The launcher builds what is older than its sources, in a clone of its own here. */
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';

const root = join(import.meta.dirname, '../../..');
const NOBODY = 65_534;
const isRoot = process.getuid?.() === 0;

let clone: string;
beforeEach(() => {
  clone = mkdtempSync(join(tmpdir(), 'phyrlab-test-'));
  for (const folder of ['src/cli', 'harness', 'dist']) mkdirSync(join(clone, folder), { recursive: true });
  for (const file of ['phyrlab.mjs', 'build.mjs', 'bundle.mjs'])
    cpSync(join(root, 'src/cli', file), join(clone, 'src/cli', file));
  const compilerOptions = {
    incremental: true,
    tsBuildInfoFile: '../dist/.tsbuildinfo',
    module: 'nodenext',
    rootDir: '..',
    outDir: '../dist',
    types: [],
    lib: ['es2022'],
    skipLibCheck: true,
  };
  write('src/tsconfig.json', JSON.stringify({ compilerOptions, include: ['.', '../harness'] }));
  write('package.json', '{"type":"module"}');
  write(
    'src/cli/main.ts',
    'declare const console: { log(text: string): void };\nexport const main = () => console.log("built");',
  );
  symlinkSync(join(root, 'node_modules'), join(clone, 'node_modules'));
  if (isRoot) for (const path of ['', 'dist']) chownSync(join(clone, path), NOBODY, NOBODY);
});
afterEach(() => rmSync(clone, { recursive: true, force: true }));

function write(name: string, text: string): void {
  writeFileSync(join(clone, name), text);
}

/** As an ordinary user. */
function launch() {
  const become = isRoot ? ['setpriv', '--reuid', `${NOBODY}`, '--regid', `${NOBODY}`, '--clear-groups', '--'] : [];
  const [file = '', ...args] = [...become, process.execPath, join(clone, 'src/cli/phyrlab.mjs')];
  const { status, stdout, stderr } = spawnSync(file, args, { encoding: 'utf8' });
  return { status, stdout, stderr };
}

it('compiles what is newer, and goes on', () => {
  expect(launch()).toEqual({ status: 0, stdout: 'built\n', stderr: '' });
});

it('compiles what was only touched once, not each time', () => {
  launch();
  const touched = new Date(Date.now() + 1);
  utimesSync(join(clone, 'src/cli/main.ts'), touched, touched);
  launch();
  expect(statSync(join(clone, 'dist/bin/main.js')).mtimeMs).toBeGreaterThan(touched.getTime());
});

it('says whose dist/ it is that it may not write, and does not blame the sources', () => {
  const dist = join(clone, 'dist');
  if (isRoot) chownSync(dist, 0, 0);
  chmodSync(dist, 0o555);
  const { status, stderr } = launch();
  const whose = isRoot ? ', which belongs to root' : '';
  expect(stderr).toBe(
    `phyrlab: phyrlab must compile its sources into ${dist}, but you may not write ${dist}${whose}\n  let the folder's owner run npm run build, or use a clone of your own\n`,
  );
  expect(status).toBe(64);
  chmodSync(dist, 0o755);
});

it('says that packages are not installed', () => {
  rmSync(join(clone, 'node_modules'));
  expect(launch()).toEqual({
    status: 64,
    stdout: '',
    stderr: `phyrlab: ${clone} lacks the packages that it needs\n  npm ci, in ${clone}\n`,
  });
});

it('blames the sources for what is wrong in them', () => {
  write('harness/index.ts', 'export const many: number = "few";');
  const { status, stderr } = launch();
  expect(stderr).toMatch(/index\.ts.*error TS2322/);
  expect(stderr).toMatch(/\nphyrlab: the TypeScript sources do not compile \(see above\)\n$/);
  expect(status).toBe(64);
});
