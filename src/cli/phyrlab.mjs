#!/usr/bin/env node
/**
 * The command `phyrlab`. Rebuilds dist/ first if a source is newer, so that no edit of harness/ or src/ is ignored.
 */

import { readdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
/** The file that a build writes last. */
const built = join(root, 'dist', 'bin', 'main.js');

function newest(folder) {
  let time = 0;
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    // A template string, because join() takes longer than everything else here.
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory()) time = Math.max(time, newest(path));
    else if (entry.name.endsWith('.ts')) time = Math.max(time, statSync(path).mtimeMs);
  }
  return time;
}

function builtAt() {
  return statSync(built, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}

if (Math.max(newest(join(root, 'src')), newest(join(root, 'harness'))) > builtAt())
  await (await import('./build.mjs')).build(root);

const { main } = await import('../../dist/bin/main.js');
await main(process.argv);
