/** What is said to words that do not fit the command. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, it } from 'vitest';

const LAUNCHER = join(import.meta.dirname, '../../../src/cli/phyrlab.mjs');

it.each([
  ['perf compare', "missing required argument 'BEFORE'\n  usage: phyrlab perf compare [options] <BEFORE> <AFTER>"],
  [
    'list --prund',
    "unknown option '--prund' (Did you mean --pruned?)\n  usage: phyrlab list [options] [SUITE|PATTERN...]",
  ],
])('%s: what is wrong, and what the command takes', (words, said) => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [LAUNCHER, ...words.split(' ')], { encoding: 'utf8' });
  expect([status, stdout, stderr.trim()]).toEqual([64, '', `phyrlab: ${said}`]);
});
