import { existsSync, readdirSync, readFileSync, realpathSync } from 'node:fs';
import path from 'node:path';
import type { Arch } from '../arches/index.js';
import { busyboxApplets, type CpioItem, libraryClosure, writeCpio } from '../host/index.js';
import { InfraError, projectRoot, type RootFs } from '../model/index.js';
import type { Cache } from './cache.js';

import type { Packages } from './packages.js';
import { fio, fioKey, tools, toolsKey } from './programs.js';
import { keyOf } from './project.js';
import { guestSources } from './sources.js';
import type { Toolbox } from './toolbox.js';
import { unpack } from './unpack.js';

const STEP = 1;

/**
 * Programs with shared libraries, and their names in /bin. Busybox's shell prefers its own mke2fs to PATH, so
 * e2fsprogs' has a name that busybox does not have.
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

/** The guest's root file system. Each part that we build is a separate step, so changing one tool is quick. */
export async function rootfs(
  cache: Cache,
  packages: Packages,
  toolbox: Toolbox,
  target: Arch['build'],
): Promise<RootFs> {
  const own = guestSources(['init', 'lab']);
  return packages.using(target.rootfs, async (set) => {
    const entry = await cache.entry({
      name: target.rootfs,
      key: keyOf('rootfs', STEP, set.key, fioKey(set, toolbox, target), toolsKey(toolbox), own.key, PROGRAMS, TEXTS),
      build: async (context) => {
        const tree = path.join(context.scratch, 'tree');
        const binaries = set.packages.filter((p) => p.kind === 'binary');
        const [fioBuilt, built] = await Promise.all([
          fio(set, cache, packages, toolbox, target),
          tools(cache, toolbox, target),
          unpack(binaries, tree, packages, context),
        ]);
        const items: CpioItem[] = [
          ...skeleton(),
          ...programItems(tree, target),
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
          ...[...own.files.keys()].map((file): CpioItem => {
            const from = path.join(projectRoot, 'guest', file);
            return {
              kind: 'file',
              path: file === 'init' ? 'init' : `lab/bin/${file.slice('lab/'.length)}`,
              mode: file.startsWith('lab/steps/') ? 0o644 : 0o755,
              from,
            };
          }),
        ];
        writeCpio(path.join(context.dir, 'rootfs.cpio'), [...items, ...appletItems(tree, items)]);
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
    // dropbear has a built-in PATH, which begins with /usr/local.
    { kind: 'link', path: 'usr/local/bin', target: '/lab/bin' },
    ...Object.entries(TEXTS).map(([path, text]): CpioItem => ({ kind: 'text', path, text })),
  ];
}

/** The programs, their libraries, and the dynamic loader. */
function programItems(tree: string, { triplet, loader }: Arch['build']): CpioItem[] {
  const items: CpioItem[] = [];
  const libraries = new Set<string>();
  for (const [program, name] of Object.entries(PROGRAMS)) {
    const from = path.join(tree, program);
    items.push({ kind: 'file', path: `bin/${name}`, mode: 0o755, from });
    for (const file of libraryClosure(from, path.join(tree, 'usr/lib', triplet))) libraries.add(file);
  }
  for (const file of libraries) {
    if (path.basename(file) === path.basename(loader)) continue;
    const name = `lib/${triplet}/${path.basename(file)}`;
    items.push({ kind: 'file', path: name, mode: 0o755, from: realpathSync(file) });
  }
  items.push({ kind: 'file', path: loader, mode: 0o755, from: realpathSync(path.join(tree, 'usr', loader)) });
  return items;
}

/** A link to busybox for each applet, unless a program has that name. */
function appletItems(tree: string, items: readonly CpioItem[]): CpioItem[] {
  const busybox = ['usr/bin/busybox', 'bin/busybox'].map((file) => path.join(tree, file)).find(existsSync);
  if (!busybox)
    throw new InfraError('the packages of the root file system contain no busybox', readdirSync(tree).join(' '));
  const taken = new Set(items.map((item) => item.path));
  const applets = busyboxApplets(readFileSync(busybox));
  const links = applets.filter((name) => name !== '' && name !== 'busybox' && !taken.has(`bin/${name}`));
  return [
    { kind: 'file', path: 'bin/busybox', mode: 0o755, from: busybox },
    ...links.map((name): CpioItem => ({ kind: 'link', path: `bin/${name}`, target: 'busybox' })),
  ];
}
