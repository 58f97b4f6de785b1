import { existsSync } from 'node:fs';
import { mkdir, rm, symlink } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import type { BuildContext } from './cache.js';
import { runOrFail } from './exec.js';
import type { Package } from './lock.js';
import type { Packages } from './packages.js';

/** Documentation and the like, which nothing here reads. */
const UNUSED = [
  'doc',
  'man',
  'info',
  'locale',
  'lintian',
  'bug',
  'gcc',
  'gdb',
  'icons',
  'applications',
  'bash-completion',
];

/** Unpacks packages (no maintainer script runs) into `root`, in parallel, with the links of a merged /usr. */
export async function unpack(
  packages: readonly Package[],
  root: string,
  source: Packages,
  context: BuildContext,
): Promise<void> {
  const files = await source.fetch(packages, context);
  await mkdir(root, { recursive: true });
  const queue = [...files];
  let done = 0;
  const worker = async (): Promise<void> => {
    for (let next = queue.shift(); next; next = queue.shift()) {
      const [p, file] = next;
      await runOrFail('dpkg-deb', ['--extract', file, root], {
        what: `unpacking ${p.name} ${p.version}`,
        signal: context.signal,
      });
      context.progress(++done, files.size, 'packages');
    }
  };
  await Promise.all(Array.from({ length: Math.max(2, os.availableParallelism()) }, worker));
  for (const dir of ['bin', 'lib', 'lib64', 'sbin']) {
    if (!existsSync(path.join(root, dir))) await symlink(`usr/${dir}`, path.join(root, dir));
  }
  for (const dir of UNUSED) await rm(path.join(root, 'usr/share', dir), { recursive: true, force: true });
}
