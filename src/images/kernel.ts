import { existsSync, readdirSync } from 'node:fs';
import { rename, rm, symlink } from 'node:fs/promises';
import path from 'node:path';
import { InfraError, type Kernel, UsageError } from '../model/index.js';
import { BOOT_MODULES, bootModuleItems } from './bootmodules.js';
import type { Cache, Entry } from './cache.js';
import { writeCpio } from './cpio.js';
import { must } from './exec.js';
import type { Package } from './lock.js';
import type { PackageSet, Packages } from './packages.js';
import { keyOf } from './project.js';
import type { Recipes } from './recipe.js';
import { hostProgram, type Toolbox } from './toolbox.js';
import { unpack } from './unpack.js';
import { unpackKernel } from './vmlinux.js';

const STEP = 2;

/** `linux-headers-...`, `linux-kbuild-...`: what modules are built against. */
const isHeaders = (p: Package): boolean => /^linux-(headers|kbuild)-/.test(p.name);

/** The group of the lock files that a kernel spec names: a series (`7.3`), a full release, or `debug`. */
export function kernelGroup(spec: string, recipes: Recipes, packages: Packages): string {
  const kernels = Object.entries(recipes.groups).flatMap(([group, recipe]) =>
    recipe.kind === 'kernel' ? [{ group, series: recipe.series }] : [],
  );
  const built = Object.keys(recipes.groups).filter((group) => recipes.groups[group]?.kind === 'kernel-source');
  if (built.includes(`kernel-${spec}`)) return `kernel-${spec}`;
  const bySeries = kernels.find(({ series }) => spec === series);
  if (bySeries) return bySeries.group;
  const releases = kernels.map(({ group }) => releaseOf(packages.set(group)));
  const byRelease = kernels[releases.indexOf(spec)];
  if (byRelease) return byRelease.group;
  const names = [...kernels.map(({ series }) => series), ...built.map((group) => group.slice('kernel-'.length))];
  const known = [...names, ...releases].join(', ');
  throw new UsageError(`there is no kernel '${spec}'`, `known: ${known}; or the directory of a kernel build tree`);
}

export function releaseOf(set: PackageSet): string {
  for (const { name } of set.packages) {
    const release = /^linux-binary-(?:unsigned-)?(\d.*)$/.exec(name)?.[1];
    if (release) return release;
  }
  throw new UsageError(`the lock of ${set.group} names no kernel`, `phyrlab images update ${set.group}`);
}

/** The kernel, unpacked, and its boot modules out of a kernel's packages. */
export async function packagedKernel(
  group: string,
  cache: Cache,
  packages: Packages,
  toolbox: Toolbox,
): Promise<Kernel> {
  return packages.using(group, async (set) => {
    const release = releaseOf(set);
    const entry = await cache.entry({
      name: group,
      key: keyOf('kernel', STEP, set.key, BOOT_MODULES),
      build: async (context) => {
        const tree = path.join(context.scratch, 'tree');
        const toolboxReady = toolbox.root();
        const [, tools] = await Promise.all([
          unpack(
            set.packages.filter((p) => !isHeaders(p)),
            tree,
            packages,
            context,
          ),
          toolboxReady,
        ]);
        const modules = path.join(tree, 'usr/lib/modules', release);
        const image = ['vmlinuz', 'vmlinuz.unsigned'].map((name) => path.join(modules, name)).find(existsSync);
        if (!image) throw new InfraError(`the packages of ${release} hold no kernel image`);
        await unpackKernel(image, path.join(context.dir, 'vmlinux'), context.scratch, tools.dir, context.signal);
        const xz = hostProgram(tools.dir, 'usr/bin/xz');
        const items = await bootModuleItems(modules, async (file) => {
          if (!file.endsWith('.xz')) return file;
          await must(xz.file, [...xz.args, '--decompress', file], {
            what: `unpacking ${file}`,
            signal: context.signal,
          });
          return file.slice(0, -'.xz'.length);
        });
        writeCpio(path.join(context.dir, 'boot.cpio'), items);
        return { release };
      },
    });
    return {
      release,
      arch: 'x86_64',
      image: path.join(entry.dir, 'vmlinux'),
      bootModules: path.join(entry.dir, 'boot.cpio'),
      key: entry.key,
    };
  });
}

export function headersKey(set: PackageSet): string {
  return keyOf('headers', STEP, set.key);
}

/** The headers of a packaged kernel: `usr/src` and `usr/lib/modules`, to be mounted into a build root. */
export async function headers(set: PackageSet, cache: Cache, packages: Packages): Promise<Entry> {
  return cache.entry({
    name: `headers-${set.group.replace(/^kernel-/, '')}`,
    key: headersKey(set),
    build: async (context) => {
      await unpack(set.packages.filter(isHeaders), context.dir, packages, context);
      await gatherKbuild(context.dir);
      return { release: releaseOf(set) };
    },
  });
}

/**
 * Debian keeps the build scripts in usr/lib and reaches them by relative links. Moved into usr/src, one mount brings all.
 */
async function gatherKbuild(root: string): Promise<void> {
  const src = path.join(root, 'usr/src');
  for (const name of readdirSync(path.join(root, 'usr/lib')).filter((entry) => entry.startsWith('linux-kbuild-'))) {
    await rm(path.join(src, name), { force: true });
    await rename(path.join(root, 'usr/lib', name), path.join(src, name));
    for (const tree of readdirSync(src).filter((entry) => entry.startsWith('linux-headers-'))) {
      for (const part of ['scripts', 'tools']) {
        const link = path.join(src, tree, part);
        await rm(link, { force: true });
        await symlink(`../${name}/${part}`, link);
      }
    }
  }
}
