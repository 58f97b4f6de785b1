import { existsSync, readdirSync, realpathSync } from 'node:fs';
import path from 'node:path';
import { InfraError, type RootFs } from '../model/index.js';
import type { Cache } from './cache.js';
import { type CpioItem, writeCpio } from './cpio.js';
import { must } from './exec.js';
import type { Packages } from './packages.js';
import { fio, fioKey, tools } from './programs.js';
import { keyOf, projectRoot } from './project.js';
import { guestSources } from './sources.js';
import { hostProgram, type Toolbox } from './toolbox.js';
import { unpack } from './unpack.js';

const STEP = 1;

/**
 * Programs with shared libraries and their names in /bin. Busybox's shell runs its own mke2fs whatever PATH holds, so e2fsprogs'
 * goes by the name that busybox does not have.
 */
const PROGRAMS: Record<string, string> = {
  'usr/sbin/dropbear': 'dropbear',
  'usr/sbin/mke2fs': 'mkfs.ext4',
  'usr/sbin/e2fsck': 'e2fsck',
};

const TEXTS: Record<string, string> = {
  'etc/passwd': 'root:x:0:0:root:/root:/bin/sh\n',
  'etc/group': 'root:x:0:\n',
  'etc/shells': '/bin/sh\n',
  'etc/nsswitch.conf': 'passwd: files\ngroup: files\n',
};

/** The guest's root file system. Everything in it that we make is a step of its own, so a change of one tool is quick. */
export async function rootfs(cache: Cache, packages: Packages, toolbox: Toolbox): Promise<RootFs> {
  const own = guestSources(['init', 'lab']);
  return packages.using('rootfs', async (set) => {
    const built = await tools(cache, toolbox);
    const entry = await cache.entry({
      name: 'rootfs',
      key: keyOf('rootfs', STEP, set.key, fioKey(set, toolbox), built.key, own.key, PROGRAMS, TEXTS),
      build: async (context) => {
        const tree = path.join(context.scratch, 'tree');
        const binaries = set.packages.filter((p) => p.kind === 'binary');
        const [fioBuilt] = await Promise.all([
          fio(set, cache, packages, toolbox),
          unpack(binaries, tree, packages, context),
        ]);
        const items: CpioItem[] = [
          ...skeleton(),
          ...(await programItems(tree, context.signal)),
          { kind: 'file', path: 'bin/fio', mode: 0o755, from: path.join(fioBuilt.dir, 'fio') },
          { kind: 'file', path: 'etc/mke2fs.conf', mode: 0o644, from: path.join(tree, 'etc/mke2fs.conf') },
          ...(built.meta.programs ?? '').split(' ').map(
            (name): CpioItem => ({
              kind: 'file',
              path: `lab/bin/${name}`,
              mode: 0o755,
              from: path.join(built.dir, name),
            }),
          ),
          ...own.files.map((file): CpioItem => {
            const from = path.join(projectRoot, 'guest', file);
            return {
              kind: 'file',
              path: file === 'init' ? 'init' : `lab/bin/${file.slice('lab/'.length)}`,
              mode: 0o755,
              from,
            };
          }),
        ];
        writeCpio(path.join(context.dir, 'rootfs.cpio'), [
          ...items,
          ...(await appletItems(tree, items, context.signal)),
        ]);
        return {};
      },
    });
    return { archive: path.join(entry.dir, 'rootfs.cpio'), key: entry.key };
  });
}

function skeleton(): CpioItem[] {
  const dirs = ['dev', 'proc', 'sys', 'tmp', 'run', 'root', 'mnt', 'lab/bin', 'lib64', 'usr/local', 'usr/lib'];
  return [
    ...dirs.map(
      (dir): CpioItem => ({ kind: 'dir', path: dir, mode: dir === 'tmp' ? 0o1777 : dir === 'root' ? 0o700 : 0o755 }),
    ),
    { kind: 'char', path: 'dev/console', mode: 0o600, major: 5, minor: 1 },
    { kind: 'char', path: 'dev/null', mode: 0o666, major: 1, minor: 3 },
    { kind: 'link', path: 'sbin', target: 'bin' },
    { kind: 'link', path: 'usr/bin', target: '../bin' },
    { kind: 'link', path: 'usr/sbin', target: '../bin' },
    // The SSH server's PATH is built into it and begins with /usr/local.
    { kind: 'link', path: 'usr/local/bin', target: '/lab/bin' },
    ...Object.entries(TEXTS).map(([path, text]): CpioItem => ({ kind: 'text', path, text })),
  ];
}

/** The programs and the libraries that their own dynamic loader finds for them. */
async function programItems(tree: string, signal: AbortSignal): Promise<CpioItem[]> {
  const items: CpioItem[] = [];
  const libraries = new Set<string>();
  for (const [program, name] of Object.entries(PROGRAMS)) {
    items.push({ kind: 'file', path: `bin/${name}`, mode: 0o755, from: path.join(tree, program) });
    const loader = hostProgram(tree, program);
    const output = await must(loader.file, ['--library-path', libraryDir(tree), '--list', path.join(tree, program)], {
      what: `finding the libraries of ${name}`,
      signal,
    });
    for (const file of parseLibraries(output)) {
      if (file.startsWith(tree)) libraries.add(file);
      else throw new InfraError(`${name} needs ${file}, which is in none of the root file system's packages`);
    }
  }
  for (const file of libraries) {
    const name = `lib/x86_64-linux-gnu/${path.basename(file)}`;
    items.push({ kind: 'file', path: name, mode: 0o755, from: realpathSync(file) });
  }
  const loader = realpathSync(path.join(tree, 'usr/lib64/ld-linux-x86-64.so.2'));
  items.push({ kind: 'file', path: 'lib64/ld-linux-x86-64.so.2', mode: 0o755, from: loader });
  return items;
}

function libraryDir(tree: string): string {
  return path.join(tree, 'usr/lib/x86_64-linux-gnu');
}

/** The resolved paths in `ld.so --list`: `libz.so.1 => /tree/libz.so.1 (0x...)`; a missing one is an error there. */
export function parseLibraries(output: string): string[] {
  return [...output.matchAll(/^\s*\S+ => (\S+) \(0x[0-9a-f]+\)$/gm)]
    .map(([, file = '']) => file)
    .filter((file) => !/\/ld-linux-[^/]*$/.test(file));
}

/** A link to busybox for each of its applets, where no real program has the name. */
async function appletItems(tree: string, items: readonly CpioItem[], signal: AbortSignal): Promise<CpioItem[]> {
  const busybox = ['usr/bin/busybox', 'bin/busybox'].map((file) => path.join(tree, file)).find(existsSync);
  if (!busybox)
    throw new InfraError('the packages of the root file system hold no busybox', readdirSync(tree).join(' '));
  const taken = new Set(items.map((item) => item.path));
  const applets = (await must(busybox, ['--list'], { what: 'asking busybox for its applets', signal })).split('\n');
  const links = applets.filter((name) => name !== '' && name !== 'busybox' && !taken.has(`bin/${name}`));
  return [
    { kind: 'file', path: 'bin/busybox', mode: 0o755, from: busybox },
    ...links.map((name): CpioItem => ({ kind: 'link', path: `bin/${name}`, target: 'busybox' })),
  ];
}
