import { existsSync, readdirSync } from 'node:fs';
import { rename, rm, symlink } from 'node:fs/promises';
import path from 'node:path';
import { archOf } from '../arches/index.js';
import { writeCpio } from '../host/index.js';
import { modelOf } from '../iommus/index.js';
import { InfraError, type Kernel, type Machine, UsageError } from '../model/index.js';
import { bootModuleItems, COMMON_MODULES, MODULES_ON_REQUEST } from './bootmodules.js';
import type { Cache, Entry } from './cache.js';
import { runOrFail } from './exec.js';
import type { Package } from './lock.js';
import type { PackageSet, Packages } from './packages.js';
import { keyOf } from './project.js';
import type { KernelRecipe, Recipes } from './recipe.js';
import { hostProgram, type Toolbox } from './toolbox.js';
import { unpack } from './unpack.js';
import { unpackKernel } from './vmlinux.js';

const STEP = 2;

/** `linux-headers-...`, `linux-kbuild-...`: needed to build modules. */
const isHeaders = (p: Package): boolean => /^linux-(headers|kbuild)-/.test(p.name);

/** `7.3.4+deb13-cloud-amd64`, in a package of any architecture. */
const BINARY = /^linux-binary-(?:unsigned-)?(\d[^:]*)(:\w+)?$/;

/**
 * The lock file group of a kernel spec, which is the end of the group's name (`7.3`, `7.3-full`, `debug`) or a full
 * release.
 */
export function kernelGroup(spec: string, recipes: Recipes, packages: Packages): string {
  const groups = Object.entries(recipes.groups).filter(([, { kind }]) => kind === 'kernel' || kind === 'kernel-source');
  const byName = groups.find(([group]) => group === `kernel-${spec}`);
  if (byName) return byName[0];
  const packaged = groups.filter(([, { kind }]) => kind === 'kernel').map(([group]) => group);
  const releases = packaged.map((group) => releaseOf(packages.set(group)));
  const byRelease = packaged[releases.indexOf(spec)];
  if (byRelease) return byRelease;
  const known = [...groups.map(([group]) => group.slice('kernel-'.length)), ...releases].join(', ');
  throw new UsageError(`there is no kernel '${spec}'`, `known: ${known}; or the directory of a kernel build tree`);
}

/**
 * The kernel group that a machine boots if the user asked for `group`: the cloud flavour of a packaged kernel lacks
 * some drivers, and each architecture has its own image. A kernel that was built from source is used as it is.
 */
export function groupForMachine(
  group: string,
  { arch, iommu }: Pick<Machine, 'arch' | 'iommu'>,
  recipes: Recipes,
): string {
  const recipe = recipes.groups[group];
  if (recipe?.kind !== 'kernel') return group;
  const { small } = modelOf(iommu).kernel;
  const fits = (r: KernelRecipe) => r.arch === arch && (small || r.allDrivers);
  if (fits(recipe)) return group;
  const other = Object.entries(recipes.groups).find(
    ([, r]) => r.kind === 'kernel' && r.series === recipe.series && fits(r),
  );
  if (other) return other[0];
  throw new UsageError(
    `there is no ${recipe.series} kernel for a machine of ${arch} with IOMMU ${iommu.kind}`,
    'add one to images/recipes.json',
  );
}

export function releaseOf(set: PackageSet): string {
  for (const { name } of set.packages) {
    const release = BINARY.exec(name)?.[1];
    if (release) return release;
  }
  throw new UsageError(`the lock of ${set.group} names no kernel`, `phyrlab images update ${set.group}`);
}

/** The unpacked kernel and its boot modules, from a kernel's packages. */
export async function packagedKernel(
  group: string,
  { arch }: Pick<KernelRecipe, 'arch'>,
  cache: Cache,
  packages: Packages,
  toolbox: Toolbox,
): Promise<Kernel> {
  return packages.using(group, async (set) => {
    const release = releaseOf(set);
    const { packed, bootModules: required } = archOf({ arch }).kernel;
    const entry = await cache.entry({
      name: group,
      key: keyOf('kernel', STEP, set.key, required, COMMON_MODULES, MODULES_ON_REQUEST),
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
        if (!image) throw new InfraError(`the packages of ${release} contain no kernel image`);
        const unpacked = path.join(context.dir, 'vmlinux');
        if (packed) await unpackKernel(image, unpacked, context.scratch, tools.dir, context.signal);
        else await rename(image, unpacked);
        const xz = hostProgram(tools.dir, 'usr/bin/xz');
        const items = await bootModuleItems(
          modules,
          async (file) => {
            if (!file.endsWith('.xz')) return file;
            await runOrFail(xz.file, [...xz.args, '--decompress', file], {
              what: `unpacking ${file}`,
              signal: context.signal,
            });
            return file.slice(0, -'.xz'.length);
          },
          required,
        );
        writeCpio(path.join(context.dir, 'boot.cpio'), items);
        return { release };
      },
    });
    return {
      release,
      arch,
      image: path.join(entry.dir, 'vmlinux'),
      bootModules: path.join(entry.dir, 'boot.cpio'),
      patience: 1,
      args: [],
      key: entry.key,
    };
  });
}

export function headersKey(set: PackageSet): string {
  return keyOf('headers', STEP, set.key);
}

/** The headers of a packaged kernel: `usr/src` and `usr/lib/modules`, to be mounted in a build root. */
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
 * Debian has the build scripts in usr/lib, with relative links to them. Moving them to usr/src makes one mount
 * sufficient.
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
