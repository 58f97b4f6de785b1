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

/** What modules are built against: where it is mounted in the build root, and the directory that `make -C` enters. */
export interface BuildTree {
  key: string;
  mounts: Record<string, string>;
  dir: string;
  /** Words for `make`, part of the key: DEBUG_INFO for a kernel whose own configuration has none. */
  flags?: readonly string[];
}

/** The modules' source lines are wanted in any case; what a guest loads is stripped of them. */
export const DEBUG_INFO = ['KCFLAGS=-g'];

export interface ModuleOptions {
  plants?: boolean | undefined;
  /** Sources in the place of guest/. */
  guest?: string | undefined;
  /** Only these; else all. */
  modules?: readonly string[] | undefined;
}

/** Builds guest/, or another folder in its place, for a kernel. Always at the same path and with the same tools: the same sources give the same bytes. */
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
  // All of them serve whoever wants some.
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
        // Most objects are the product's.
        upon: plants ? buildsKey(tree.key, builder, false) : undefined,
        signal: context.signal,
      });
      const { work } = shop;
      const ccache = await compilerCache(cache, 'ccache');
      const mounts = { ...built.mounts, '/ccache': ccache };
      const options = { toolbox: box.dir, work, mountPoint, mounts, signal: context.signal };
      const made = await inBox(makeWords(built, target, { only: some }), options);
      // Make does not begin what does not compile, and keeps what does.
      shop.finished();
      if (!made.ok) throw buildError(`${guest ?? 'guest/'} for ${kernel.release}`, made.all);
      // Earlier builds may have left others.
      const isWanted = (file: string) => file.endsWith('.ko') && (some?.includes(path.basename(file, '.ko')) ?? true);
      const modules = readdirSync(work, { recursive: true, encoding: 'utf8' }).filter(isWanted);
      if (modules.length === 0) throw new InfraError('building guest/ gave no module', tail(made.all));
      const debug = path.join(context.dir, 'debug');
      await mkdir(debug);
      const names = modules.map((file) => path.basename(file));
      for (const file of modules)
        for (const to of [context.dir, debug]) copyFileSync(path.join(work, file), path.join(to, path.basename(file)));
      // Guests load what has no debug information, which is a tenth; gdb gets the rest from debug/.
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

/** Of what modules are made of, whichever of them are made. */
export function modulesKey(tree: string, toolbox: Toolbox, { plants = false, guest }: ModuleOptions): string {
  return keyFor(moduleSources({ guest, plants }), tree, toolbox, plants);
}

function keyFor({ key }: Sources, tree: string, toolbox: Toolbox, plants: boolean): string {
  return keyOf('modules', STEP, key, tree, toolbox.key, plants);
}

/** What was compiled before, by content: a changed file costs that file. ccache keeps its size and its order by itself. A kernel has its own: it would push out the modules. */
export async function compilerCache(cache: Cache, name: 'ccache' | 'ccache-kernel'): Promise<string> {
  const dir = cache.path(name);
  await mkdir(dir, { recursive: true });
  return dir;
}
