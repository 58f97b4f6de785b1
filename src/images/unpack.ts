import { existsSync } from 'node:fs';
import { mkdir, rm, symlink } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { InfraError } from '../model/index.js';
import type { BuildContext } from './cache.js';
import { run, tail } from './exec.js';
import type { Package } from './lock.js';
import type { Packages } from './packages.js';

/** Documentation and other files that are not needed. */
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

/** $1: the root; then packages. The programs die with the shell. */
const SCRIPT = `
root=$1; shift
for file; do
  setpriv --pdeathsig KILL -- dpkg-deb --extract "$file" "$root" || exit
  echo unpacked
done
`;

/**
 * Unpacks packages into `root` in parallel, without running maintainer scripts, and adds the links of a merged /usr.
 */
export async function unpack(
  packages: readonly Package[],
  root: string,
  source: Packages,
  context: BuildContext,
): Promise<void> {
  const files = await source.fetch(packages, context);
  await mkdir(root, { recursive: true });
  let done = 0;
  const onDone = () => context.progress(++done, files.size, 'packages');
  // One process per share: starting one for every package would cost half as much as unpacking it.
  const shares = inShares([...files], Math.max(2, os.availableParallelism()));
  await Promise.all(shares.map((share) => extract(share, root, context.signal, onDone)));
  for (const dir of ['bin', 'lib', 'lib64', 'sbin']) {
    if (!existsSync(path.join(root, dir))) await symlink(`usr/${dir}`, path.join(root, dir));
  }
  for (const dir of UNUSED) await rm(path.join(root, 'usr/share', dir), { recursive: true, force: true });
}

type Fetched = [Package, file: string];

/** Shares of about the same size. */
function inShares(files: readonly Fetched[], count: number): Fetched[][] {
  const shares = Array.from({ length: count }, () => ({ bytes: 0, files: [] as Fetched[] }));
  for (const one of [...files].sort(([a], [b]) => b.size - a.size)) {
    const least = shares.reduce((a, b) => (b.bytes < a.bytes ? b : a));
    least.files.push(one);
    least.bytes += one[0].size;
  }
  return shares.map((share) => share.files).filter((share) => share.length > 0);
}

async function extract(share: readonly Fetched[], root: string, signal: AbortSignal, onDone: () => void) {
  let done = 0;
  const args = ['-c', SCRIPT, 'unpack', root, ...share.map(([, file]) => file)];
  const onLine = (line: string) => {
    if (line !== 'unpacked') return undefined;
    done++;
    onDone();
    return undefined;
  };
  const { ok, all } = await run('sh', args, { signal, onLine });
  if (ok) return;
  const [{ name, version } = { name: 'a package', version: '' }] = share[done] ?? [];
  throw new InfraError(`unpacking ${name} ${version} failed: ${tail(all, 1) || 'no output'}`, tail(all));
}
