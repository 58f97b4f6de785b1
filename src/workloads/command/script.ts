import { basename } from 'node:path';
import { type Script, shellWord } from '../../model/index.js';
import type { Command } from './declaration.js';

/** Makes a workload from a script of the user and the files beside it. */
export function scriptWorkload({ file, args, files, verdict, deadline, idle }: Script): Command {
  const name = basename(file);
  return {
    id: idOf(name),
    kind: 'command',
    // Its name may be one that a scenario could not contain.
    files: [{ from: file, to: 'script', program: true }, ...files.map((from) => ({ from }))],
    run: ['exec ./script', ...args.map(shellWord)].join(' '),
    verdict,
    deadline,
    dut: 'disk',
    movesKiB: idle ? 0 : 1,
  };
}

/** A valid part of a cell id. */
function idOf(name: string): string {
  const id = name
    .toLowerCase()
    .replace(/\.[a-z0-9]{1,4}$/, '')
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+/, '')
    .slice(0, 40)
    .replace(/-+$/, '');
  return id === '' ? 'script' : id;
}
