import { readFileSync } from 'node:fs';
import { mkdir, rename, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { HOST } from '../arches/index.js';
import { writeCpio } from '../host/index.js';
import { InfraError, type Kernel, projectRoot, UsageError } from '../model/index.js';
import { bootModuleItems } from './bootmodules.js';
import { type BoxOptions, boxDirs, inBox } from './box.js';
import type { BuildContext, Cache } from './cache.js';
import { runOrFail, tail } from './exec.js';
import { missingOptions } from './kernel-needs.js';
import { type BuildTree, compilerCache, DEBUG_INFO } from './modules.js';
import type { PackageSet, Packages } from './packages.js';
import { keyOf } from './project.js';
import type { KernelSourceRecipe } from './recipe.js';
import { selfChecks } from './self-checks.js';
import { symbolsOf } from './symbols.js';
import type { Toolbox } from './toolbox.js';
import { unpack } from './unpack.js';

const STEP = 2;

/** Not vmlinux, which QEMU enters by its PVH note: there KASAN's checks run before their shadow memory exists. */
const IMAGE = 'arch/x86/boot/bzImage';

/** Mount point of the kernel's tree in the build root, when it is built and when modules are built against it. */
const TREE = '/linux';

/**
 * Parts of the source that no configuration for a PC without graphics and sound compiles (except for what Kconfig and
 * make read). They are two thirds of the source, which would all be written to disk and removed again.
 */
const LEFT_OUT = [
  'Documentation/*/*',
  'arch/[!x]*/*.[chS]',
  'arch/[!x]*/boot/dts/*',
  'drivers/gpu/*.[ch]',
  'drivers/media/*.[ch]',
  'drivers/net/ethernet/*.[ch]',
  'drivers/net/wireless/*.[ch]',
  'drivers/staging/*.[ch]',
  'sound/*.[ch]',
  'tools/perf/*',
  'tools/testing/*',
];

/** About how many files are compiled; only used to show progress. */
const FILES = 1350;

/** The same source gives the same kernel, whenever and by whomever it is built. */
const REPRODUCIBLE = [
  'KBUILD_BUILD_TIMESTAMP=Thu Jan 1 00:00:00 UTC 1970',
  'KBUILD_BUILD_USER=phyrlab',
  'KBUILD_BUILD_HOST=phyrlab',
];

/** Both must be the same. Otherwise Kbuild builds the host's programs of the tree a second time. */
const COMPILER = ['CC=ccache gcc-14', 'HOSTCC=ccache gcc-14'];

/**
 * A kernel built from Debian's source package: `allnoconfig` plus the recipe's fragment. Building takes many minutes
 * and 2 GB; the kernel and a tree for building modules are kept.
 */
export async function sourceKernel(
  { group, recipe, fragment }: { group: string; recipe: KernelSourceRecipe; fragment: string },
  cache: Cache,
  packages: Packages,
  toolbox: Toolbox,
): Promise<{ kernel: Kernel; tree: BuildTree }> {
  const builder = toolbox.key;
  const entry = await packages.using(group, (set) =>
    cache.entry({
      name: group,
      key: sourceKernelKey(set, recipe, fragment, builder),
      build: async (context) => {
        const tools = path.join(context.scratch, 'tools');
        await assembleTools(tools, (await toolbox.root(builder)).dir, set, packages, context);
        const { work, mountPoint } = boxDirs(context.scratch);
        const linux = path.join(context.scratch, 'linux');
        await Promise.all([work, linux].map((dir) => mkdir(dir)));
        const ccache = await compilerCache(cache, 'ccache-kernel');
        const mounts = { [TREE]: linux, '/ccache': ccache };
        const box: BoxOptions = { toolbox: tools, work, mountPoint, mounts, signal: context.signal };
        const step = (what: string, ...command: string[]) => boxed(what, command, box);

        const unpacking = ['tar', '-xf', `/usr/src/${recipe.source}.tar.xz`, '-C', TREE];
        unpacking.push(...LEFT_OUT.map((pattern) => `--exclude=*/${pattern}`));
        await step('unpacking the kernel source', ...unpacking, '--strip-components=1', '--no-same-owner');
        await writeFile(path.join(work, 'fragment'), fragment);
        const make = ['make', '-C', TREE, ...COMPILER];
        await step('configuring the kernel', ...make, 'KCONFIG_ALLCONFIG=/box/fragment', 'allnoconfig');
        const config = readFileSync(path.join(linux, '.config'), 'utf8');
        const refused = notGranted(fragment, config);
        if (refused.length > 0)
          throw new UsageError(
            `Kconfig rejects options of the kernel ${group.slice('kernel-'.length)}:\n  ${refused.join('\n  ')}`,
            `they depend on another option that is missing; see images/${recipe.config} and your --kernel-config`,
          );
        const missing = missingOptions(config, HOST.id);
        if (missing.length > 0)
          throw new UsageError(`such a kernel lacks what the guests need:\n  ${missing.join('\n  ')}`);
        await compile([...make, ...REPRODUCIBLE], box, context);

        const install = '$(srctree)/scripts/package/install-extmod-build /box/tree';
        await step('gathering the build tree', ...make, 'run-command', `KBUILD_RUN_COMMAND=${install}`);
        await rename(path.join(work, 'tree'), path.join(context.dir, 'tree'));
        writeCpio(path.join(context.dir, 'boot.cpio'), await bootModuleItems(linux, async (file) => file));
        await rename(path.join(linux, IMAGE), path.join(context.dir, 'bzImage'));
        await rename(path.join(linux, '.config'), path.join(context.dir, 'config'));
        return { release: readFileSync(path.join(linux, 'include/config/kernel.release'), 'utf8').trim() };
      },
    }),
  );
  const kernel: Kernel = {
    release: entry.meta.release ?? '',
    arch: HOST.id,
    image: path.join(entry.dir, 'bzImage'),
    bootModules: path.join(entry.dir, 'boot.cpio'),
    ...symbolsOf(path.join(entry.dir, 'debug', 'vmlinux')),
    ...selfChecks(fragment),
    built: true,
    key: entry.key,
  };
  const mounts = { [TREE]: path.join(entry.dir, 'tree') };
  return { kernel, tree: { key: keyOf(entry.key, DEBUG_INFO), mounts, dir: TREE, flags: DEBUG_INFO } };
}

export function fragmentOf(recipe: KernelSourceRecipe): string {
  return readFileSync(path.join(projectRoot, 'images', recipe.config), 'utf8');
}

export function sourceKernelKey(
  set: PackageSet,
  recipe: Pick<KernelSourceRecipe, 'source'>,
  fragment: string,
  builder: string,
): string {
  return keyOf('kernel-source', STEP, set.key, recipe.source, fragment, builder, REPRODUCIBLE, HOST.kernel.bootModules);
}

/** The settings of a fragment that a finished configuration does not have, and what it has instead. */
export function notGranted(fragment: string, config: string): string[] {
  const settings = (text: string) =>
    [...text.matchAll(/^(CONFIG_\w+)=(.*)$/gm)].map(([, name, value]) => [name, value]);
  const has = new Map(settings(config) as [string, string][]);
  return settings(fragment).flatMap(([name = '', wanted]) => {
    const got = has.get(name) ?? 'n';
    return got === wanted ? [] : [`${name}=${wanted} is ${got}`];
  });
}

/** The toolbox by hard links, plus what building a kernel needs. The tree disappears with the scratch directory. */
async function assembleTools(
  into: string,
  toolbox: string,
  set: PackageSet,
  packages: Packages,
  context: BuildContext,
): Promise<void> {
  await runOrFail('cp', ['--archive', '--link', toolbox, into], {
    what: 'linking the toolbox',
    signal: context.signal,
  });
  await unpack(set.packages, into, packages, context);
}

async function boxed(what: string, command: readonly string[], box: BoxOptions): Promise<void> {
  const env = ['env', 'CCACHE_DIR=/ccache', 'CCACHE_MAXSIZE=1G'];
  const result = await inBox([...env, ...command], box);
  if (!result.ok) throw new InfraError(`${what} failed`, tail(result.all));
}

async function compile(make: readonly string[], box: BoxOptions, context: BuildContext): Promise<void> {
  let done = 0;
  const onLine = (line: string): undefined => {
    if (/^ {2}CC /.test(line)) context.progress(++done, Math.max(done, FILES), 'files');
  };
  // The target modules creates Module.symvers, even if everything is built in.
  const targets = [`-j${os.availableParallelism()}`, 'bzImage', 'modules'];
  await boxed('building the kernel', [...make, ...targets], { ...box, onLine });
}
