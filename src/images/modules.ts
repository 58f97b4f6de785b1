import { copyFileSync, readdirSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { type Arch, archOf } from '../arches/index.js';
import { InfraError, type Kernel, type Modules } from '../model/index.js';
import { boxDirs, inBox } from './box.js';
import type { Cache } from './cache.js';
import { tail } from './exec.js';
import { moduleSources } from './plants.js';
import { buildError } from './programs.js';
import { keyOf } from './project.js';
import type { Sources } from './sources.js';
import type { Toolbox } from './toolbox.js';
import { workshop } from './workshop.js';

const STEP = 3;

/** What modules are built against: the mount point in the build root, and the directory for `make -C`. */
export interface BuildTree {
  key: string;
  mounts: Record<string, string>;
  dir: string;
  /** Arguments for `make`, part of the key: DEBUG_INFO if the kernel's configuration has none. */
  flags?: readonly string[];
}

/** Our modules always get debug information. It is stripped from what a guest loads. */
export const DEBUG_INFO = ['KCFLAGS=-g'];

export interface ModuleOptions {
  plants?: boolean | undefined;
  /** Sources to use instead of guest/. */
  guest?: string | undefined;
  /** Build only these; default: all. */
  modules?: readonly string[] | undefined;
}

/**
 * Builds guest/, or another folder instead, for a kernel. Paths and tools are always the same, so the same sources give
 * the same bytes.
 */
export async function buildModules(
  kernel: Kernel,
  tree: { key: string; open: () => Promise<BuildTree> },
  { plants = false, guest, modules: wanted, onBuild }: ModuleOptions & { onBuild?: () => void },
  cache: Cache,
  toolbox: Toolbox,
): Promise<Modules> {
  const sources = moduleSources({ guest, plants });
  const builder = toolbox.key;
  const target = archOf(kernel).build;
  const name = plants ? 'modules-plants' : 'modules';
  // An existing build of all modules serves those who need only some.
  const whole = keyFor(sources, tree.key, toolbox, plants);
  const some = wanted !== undefined && !cache.has(name, whole) ? [...wanted].sort() : undefined;
  const entry = await cache.entry({
    name,
    key: some === undefined ? whole : keyOf(whole, some),
    build: async (context) => {
      onBuild?.();
      const [box, built] = await Promise.all([toolbox.root(builder), tree.open()]);
      const { work: scratch, mountPoint } = boxDirs(context.scratch);
      await using shop = await workshop(cache, buildsKey(tree.key, builder, plants), sources, {
        scratch,
        // Most object files are the same as without planted defects.
        upon: plants ? buildsKey(tree.key, builder, false) : undefined,
        signal: context.signal,
      });
      const { work } = shop;
      const ccache = await compilerCache(cache, 'ccache');
      const mounts = { ...built.mounts, '/ccache': ccache };
      const options = { toolbox: box.dir, work, mountPoint, mounts, signal: context.signal };
      const made = await inBox(makeWords(built, target, { only: some }), options);
      // make keeps what it has built if something does not compile.
      shop.finished();
      if (!made.ok) throw buildError(`${guest ?? 'guest/'} for ${kernel.release}`, made.all);
      // Remove modules of earlier builds.
      const isWanted = (file: string) => file.endsWith('.ko') && (some?.includes(path.basename(file, '.ko')) ?? true);
      const modules = readdirSync(work, { recursive: true, encoding: 'utf8' }).filter(isWanted);
      if (modules.length === 0) throw new InfraError('building guest/ produced no modules', tail(made.all));
      const debug = path.join(context.dir, 'debug');
      await mkdir(debug);
      const names = modules.map((file) => path.basename(file));
      for (const file of modules)
        for (const to of [context.dir, debug]) copyFileSync(path.join(work, file), path.join(to, path.basename(file)));
      // Guests load modules without debug information, a tenth of the size. gdb uses those in debug/.
      const stripped = await inBox([target.strip, '--strip-debug', ...names], { ...options, work: context.dir });
      if (!stripped.ok) throw new InfraError('cannot strip the modules', tail(stripped.all));
      return { release: kernel.release };
    },
  });
  return { dir: entry.dir, plants, key: whole };
}

/** The command that makes the modules of /box; what was compiled before is in /ccache. */
export function makeWords(
  { dir, flags = [] }: BuildTree,
  { compiler, makeFlags }: Pick<Arch['build'], 'compiler' | 'makeFlags'>,
  {
    only,
    jobs = os.availableParallelism(),
    keeps = true,
  }: { only?: readonly string[] | undefined; jobs?: number; keeps?: boolean },
): string[] {
  // Known by the headers that the compiler names, what is compiled for the first time is not preprocessed twice.
  const ccache = [
    'CCACHE_DIR=/ccache',
    'CCACHE_MAXSIZE=300M',
    'CCACHE_DEPEND=1',
    ...(keeps ? [] : ['CCACHE_READONLY=1']),
  ];
  const words = [
    `-j${jobs}`,
    `CC=ccache ${compiler}`,
    ...makeFlags,
    ...flags,
    ...(only === undefined ? [] : [`PHYR_MODULES=${only.join(' ')}`]),
    // Types for BPF, which the kernel reads at each load and nobody here uses.
    'CONFIG_DEBUG_INFO_BTF_MODULES=',
  ];
  return ['env', ...ccache, 'make', '-C', dir, 'M=/box', ...words, 'modules'];
}

/** Where objects of the modules lie that were built for a kernel: the key of their workshop. */
export function buildsKey(tree: string, builder: string, plants: boolean): string {
  return keyOf('builds', STEP, tree, builder, plants);
}

/** Key of the modules' sources and tools, whichever modules are built. */
export function modulesKey(tree: string, toolbox: Toolbox, { plants = false, guest }: ModuleOptions): string {
  return keyFor(moduleSources({ guest, plants }), tree, toolbox, plants);
}

function keyFor({ key }: Sources, tree: string, toolbox: Toolbox, plants: boolean): string {
  return keyOf('modules', STEP, key, tree, toolbox.key, plants);
}

/**
 * Compiler results by content, so that a changed file costs only that file. ccache limits its size itself. A kernel has
 * its own cache, since it would evict the modules.
 */
export async function compilerCache(cache: Cache, name: 'ccache' | 'ccache-kernel'): Promise<string> {
  const dir = cache.path(name);
  await mkdir(dir, { recursive: true });
  return dir;
}
