#!/usr/bin/env node
/**
 * The command `phyrlab`. Builds dist/ first when a source is newer, so that an edited harness file is never silently ignored.
 */
import { spawnSync } from 'node:child_process';
import { readdirSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const built = join(root, 'dist', '.tsbuildinfo');

function newest(folder) {
  let time = 0;
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) time = Math.max(time, newest(path));
    else if (entry.name.endsWith('.ts')) time = Math.max(time, statSync(path).mtimeMs);
  }
  return time;
}

function builtAt() {
  return statSync(built, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}

if (Math.max(newest(join(root, 'src')), newest(join(root, 'harness'))) > builtAt()) {
  const tsc = join(dirname(createRequire(import.meta.url).resolve('typescript/package.json')), 'bin', 'tsc');
  const { status } = spawnSync(process.execPath, [tsc, '-p', join(root, 'src')], { stdio: ['ignore', 2, 2] });
  if (status !== 0) {
    console.error('phyrlab: the TypeScript sources do not compile (see above)');
    process.exit(64);
  }
}

const { main } = await import('../../dist/src/cli/main.js');
await main(process.argv);
