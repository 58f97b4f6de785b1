import { existsSync } from 'node:fs';
import { ARCHES, type ArchId, archOf, HOST } from '../arches/index.js';
import type { Emit, Image, Kernel, Machine, Modules, Progress, Qemu, RootFs } from '../model/index.js';
import { UsageError } from '../model/index.js';
import { Apt } from './apt.js';
import { checkTreeIommus, treeKernel } from './buildtree.js';
import { Cache, cacheDirectory, type Removable, type Removed } from './cache.js';
import { type Complaint, checkBuild, checkers, checkStyle } from './check.js';
import { type CodeOptions, codeOfImage, coveragePlugin, type ImageCode } from './coverage.js';
import { type EditedModules, openEdited } from './edited.js';
import { groupForMachine, headers, headersKey, kernelGroup, packagedKernel } from './kernel.js';
import { changedBy, readFragment, variantOf } from './kernel-variant.js';
import { differences, readLock, writeLock } from './lock.js';
import { findMirror } from './mirror.js';
import { type BuildTree, buildModules, type ModuleOptions, modulesKey } from './modules.js';
import { Packages } from './packages.js';
import { ownQemu, packagedQemu } from './qemu.js';
import { type KernelSourceRecipe, type Recipes, readRecipes } from './recipe.js';
import { resolveGroup } from './resolve.js';
import { rootfs } from './rootfs.js';
import { fragmentOf, sourceKernel, sourceKernelKey } from './sourcekernel.js';
import { GuestStates } from './states.js';
import { decodeLog } from './symbols.js';
import { Toolbox } from './toolbox.js';

export interface ImagesOptions {
  /** Default: $PHYRLAB_CACHE, $XDG_CACHE_HOME/phyrlab, ~/.cache/phyrlab. */
  cacheDir?: string | undefined;
  /** Default: $PHYRLAB_MIRROR, then the Debian mirror of the host's apt. Only used if something must be downloaded. */
  mirror?: string | undefined;
  /** Fail if a locked version has left the mirror. */
  locked?: boolean | undefined;
  /** Never use the network. */
  offline?: boolean | undefined;
  /** The user's QEMU instead of the packaged one. */
  qemu?: string | undefined;
  /** Check every byte of the cache, not only sizes and times. */
  deep?: boolean | undefined;
  progress: Emit<Progress>;
  /** Aborts everything; pending calls throw its reason. */
  signal: AbortSignal;
}

/** QEMU's plugin, and the code that it records. */
export interface ImageCoverage extends ImageCode {
  plugin: string;
}

export interface CachedEntry {
  name: string;
  key: string;
  dir: string;
  bytes: number;
  used: Date;
}

/**
 * Builds everything that guests boot, on first use, and takes it from the cache afterwards. Calls may run concurrently;
 * shared parts are built once.
 */
export interface Images extends AsyncDisposable {
  qemu(arch?: Machine['arch']): Promise<Qemu>;
  /**
   * @param spec `7.3`, `7.2`, a full release, `debug`, `debug+FRAGMENT` (a file that changes its configuration), or a
   * build tree
   */
  kernel(spec: string, machine?: Machine): Promise<Kernel>;
  /** Throws UsageError with everything that the user's kernel lacks for guests of these machines. Builds nothing. */
  checkKernel(spec: string, machines: readonly Machine[]): void;
  /** Is that kernel in the cache, if it is one that is built here? */
  hasKernel(spec: string): Promise<boolean>;
  /** Complaints of compiler, sparse and checkpatch about the modules' sources. Takes a minute or two. */
  checkGuest(kernels: readonly string[]): Promise<Complaint[]>;
  rootfs(arch?: Machine['arch']): Promise<RootFs>;
  /** Built from guest/, or from `guest` instead. */
  modules(kernel: Kernel, options?: ModuleOptions): Promise<Modules>;
  /** For modules with one file edited after the other. Nothing of them is kept in the cache. */
  edited(kernel: Kernel): Promise<EditedModules>;
  /** The key of the modules for that kernel, without building them. */
  modulesKey(kernel: Kernel, options?: ModuleOptions): string;
  /** Everything that a guest boots. With `machine`, the flavour of the kernel that this machine needs. */
  image(spec: string, options?: ModuleOptions & { machine?: Machine }): Promise<Image>;
  toolbox(arch?: Machine['arch']): Promise<string>;
  /** What measuring coverage of guests with this image needs. Computed once per image. */
  coverage(image: Image, options?: CodeOptions): Promise<ImageCoverage>;
  /** Adds source lines to the functions in a kernel log. */
  decode(log: readonly string[], image: Image): Promise<string[]>;
  /** Snapshots of guests. */
  readonly states: GuestStates;
  /** The packages that were used instead of locked versions, one line each, as far as they were needed so far. */
  drift(): string[];
  list(): Promise<CachedEntry[]>;
  readonly cacheDir: string;
  /** What can be removed: nobody uses it, and no lock file names it. */
  removable(): Promise<Removable[]>;
  /** Removes them, except what somebody uses by now. */
  remove(items: readonly Removable[]): Promise<Removed>;
  /** Updates a lock file to what the mirror has now. Returns what changed. */
  update(group: string): Promise<string[]>;
  /** Names for `update`. */
  groups(): string[];
}

export async function openImages(options: ImagesOptions): Promise<Images> {
  const stop = new AbortController();
  const signal = AbortSignal.any([options.signal, stop.signal]);
  signal.throwIfAborted();
  const cache = await Cache.open(cacheDirectory(options.cacheDir, process.env), {
    progress: options.progress,
    signal,
    deep: options.deep ?? false,
  });
  return new CachedImages(cache, options, signal, stop);
}

class CachedImages implements Images {
  readonly states: GuestStates;
  readonly #cache: Cache;
  readonly #options: ImagesOptions;
  readonly #signal: AbortSignal;
  readonly #stop: AbortController;
  readonly #recipes: Recipes;
  readonly #apt: Apt;
  readonly #packages: Packages;
  readonly #toolbox: Toolbox;
  readonly #toolboxes: ReadonlyMap<ArchId, Toolbox>;
  readonly #ready = new Map<string, Promise<Image>>();
  readonly #codes = new Map<string, Promise<ImageCoverage>>();
  readonly #trees = new Map<string, { key: string; open: () => Promise<BuildTree>; own?: string }>();

  constructor(cache: Cache, options: ImagesOptions, signal: AbortSignal, stop: AbortController) {
    this.#cache = cache;
    this.#options = options;
    this.#signal = signal;
    this.#stop = stop;
    this.states = new GuestStates(cache);
    this.#recipes = readRecipes();
    let mirror: Promise<string> | undefined;
    const findOnce = () => {
      mirror ??= findMirror(options.mirror, process.env, signal);
      return mirror;
    };
    this.#apt = new Apt(cache, findOnce, signal);
    this.#packages = new Packages(cache, this.#apt, {
      locked: options.locked ?? false,
      offline: options.offline ?? false,
      recipes: this.#recipes,
      progress: options.progress,
    });
    this.#toolbox = new Toolbox(cache, this.#packages, this.#recipes);
    const cross = (group: string | undefined) =>
      group === undefined ? this.#toolbox : new Toolbox(cache, this.#packages, this.#recipes, group, this.#toolbox);
    this.#toolboxes = new Map(ARCHES.map(({ id, build }) => [id, cross(build.crossTools)]));
  }

  get cacheDir(): string {
    return this.#cache.dir;
  }

  qemu(arch: ArchId = HOST.id): Promise<Qemu> {
    const own = this.#options.qemu;
    if (own === undefined) return packagedQemu(this.#cache, this.#packages, archOf({ arch }));
    if (arch === HOST.id) return ownQemu(own, this.#signal);
    throw new UsageError(`--qemu ${own} emulates ${HOST.id}, and a machine is ${arch}`, 'leave the option out for it');
  }

  async kernel(spec: string, machine?: Machine): Promise<Kernel> {
    const variant = variantOf(spec);
    if (variant !== undefined) return this.#variant(variant);
    if (isDirectory(spec)) {
      const { kernel, tree } = await treeKernel(spec, this.#cache);
      this.#trees.set(kernel.key, { key: tree.key, open: async () => tree, own: spec });
      return kernel;
    }
    const named = kernelGroup(spec, this.#recipes, this.#packages);
    const group = machine ? groupForMachine(named, machine, this.#recipes) : named;
    const recipe = this.#recipes.groups[group];
    if (recipe?.kind === 'kernel-source') return this.#builtHere(group, recipe, fragmentOf(recipe));
    const kernelRecipe = recipe?.kind === 'kernel' ? recipe : { arch: HOST.id };
    const kernel = await packagedKernel(group, kernelRecipe, this.#cache, this.#packages, this.#toolbox);
    this.#trees.set(kernel.key, this.#headersOf(group));
    return kernel;
  }

  #variant({ base, file }: { base: string; file: string }): Promise<Kernel> {
    const changes = readFragment(file);
    const group = kernelGroup(base, this.#recipes, this.#packages);
    const recipe = this.#recipes.groups[group];
    if (recipe?.kind !== 'kernel-source')
      throw new UsageError(
        `--kernel-config: kernel '${base}' cannot be configured`,
        'only debug can, since it is built from source',
      );
    return this.#builtHere(group, recipe, changedBy(fragmentOf(recipe), changes));
  }

  async #builtHere(group: string, recipe: KernelSourceRecipe, fragment: string): Promise<Kernel> {
    const { kernel, tree } = await this.#toolbox.using(() =>
      sourceKernel({ group, recipe, fragment }, this.#cache, this.#packages, this.#toolbox),
    );
    this.#trees.set(kernel.key, { key: tree.key, open: async () => tree });
    return kernel;
  }

  checkKernel(spec: string, machines: readonly Machine[]): void {
    if (variantOf(spec) === undefined && isDirectory(spec)) checkTreeIommus(spec, machines);
  }

  async hasKernel(spec: string): Promise<boolean> {
    const group = `kernel-${spec}`;
    const recipe = this.#recipes.groups[group];
    if (recipe?.kind !== 'kernel-source') throw new UsageError(`kernel '${spec}' is not built from source`);
    const toolbox = this.#toolbox.key;
    const key = sourceKernelKey(this.#packages.set(group), recipe, fragmentOf(recipe), toolbox);
    return (await this.#cache.list()).some((entry) => entry.name === group && entry.key === key);
  }

  checkGuest(kernels: readonly string[]): Promise<Complaint[]> {
    return this.#toolbox.using(async () => {
      const [group, recipe] =
        Object.entries(this.#recipes.groups).find(([, one]) => one.kind === 'kernel-source') ?? [];
      if (group === undefined || recipe?.kind !== 'kernel-source')
        throw new UsageError('no recipe builds a kernel from source');
      const tools = await checkers(group, recipe, this.#cache, this.#packages, this.#toolbox);
      const { dir: box } = await this.#toolbox.root();
      const complaints = await this.#shown('check of the style', () => checkStyle(tools, box, this.#signal));
      for (const spec of kernels) {
        const kernel = await this.kernel(spec);
        const tree = await this.#trees.get(kernel.key)?.open();
        if (tree === undefined) continue;
        const check = () => checkBuild(kernel.release, tree, tools, box, this.#signal);
        complaints.push(...(await this.#shown(`check of ${spec}`, check)));
      }
      return complaints;
    });
  }

  /** Shows progress of work that takes minutes and adds nothing to the cache. */
  async #shown<T>(step: string, work: () => Promise<T>): Promise<T> {
    const { progress } = this.#options;
    const began = performance.now();
    progress({ type: 'step-start', id: step, step });
    try {
      const result = await work();
      progress({ type: 'step-end', id: step, step, ms: performance.now() - began, cached: false });
      return result;
    } catch (error) {
      progress({ type: 'step-failed', id: step });
      throw error;
    }
  }

  rootfs(arch: ArchId = HOST.id): Promise<RootFs> {
    const toolbox = this.#toolboxOf(arch);
    return toolbox.using(() => rootfs(this.#cache, this.#packages, toolbox, archOf({ arch }).build));
  }

  async modules(kernel: Kernel, options: ModuleOptions = {}): Promise<Modules> {
    const tree = this.#treeOf(kernel);
    const toolbox = this.#toolboxOf(kernel.arch);
    const onBuild = () => {
      if (tree.own === undefined) return;
      const text = `building modules for ${kernel.release} of ${tree.own}; this takes minutes the first time`;
      this.#options.progress({ type: 'note', text });
    };
    return toolbox.using(() => buildModules(kernel, tree, { ...options, onBuild }, this.#cache, toolbox));
  }

  async edited(kernel: Kernel): Promise<EditedModules> {
    const base = await this.modules(kernel);
    const tree = this.#treeOf(kernel);
    const toolbox = this.#toolboxOf(kernel.arch);
    return toolbox.using(() => openEdited(kernel, { tree, base, cache: this.#cache, toolbox, signal: this.#signal }));
  }

  modulesKey(kernel: Kernel, options: ModuleOptions = {}): string {
    return modulesKey(this.#treeOf(kernel).key, this.#toolboxOf(kernel.arch), options);
  }

  #treeOf(kernel: Kernel): { key: string; open: () => Promise<BuildTree>; own?: string } {
    const tree = this.#trees.get(kernel.key);
    if (tree !== undefined) return tree;
    throw new UsageError(`kernel ${kernel.release} is not one of these images`, 'ask for it with kernel() first');
  }

  image(spec: string, options: ModuleOptions & { machine?: Machine } = {}): Promise<Image> {
    const { arch, iommu } = options.machine ?? {};
    const key = JSON.stringify([spec, options.plants ?? false, arch, iommu?.kind, options.guest, options.modules]);
    const ready = this.#ready.get(key) ?? this.#image(spec, options);
    this.#ready.set(key, ready);
    // A failed build may be retried.
    ready.catch(() => this.#ready.delete(key));
    return ready;
  }

  async #image(spec: string, options: ModuleOptions & { machine?: Machine }): Promise<Image> {
    const named = options.machine?.arch ?? this.#archOf(spec);
    const kernel = this.kernel(spec, options.machine);
    const arch = named ?? (await kernel).arch;
    const [qemu, rootfs, modules] = await Promise.all([
      this.qemu(arch),
      this.rootfs(arch),
      kernel.then((ready) => this.modules(ready, options)),
    ]);
    return { qemu, kernel: await kernel, rootfs, modules };
  }

  /** For a named kernel, known without building it. */
  #archOf(spec: string): ArchId | undefined {
    if (variantOf(spec) !== undefined || isDirectory(spec)) return undefined;
    const recipe = this.#recipes.groups[kernelGroup(spec, this.#recipes, this.#packages)];
    return recipe?.kind === 'kernel' ? recipe.arch : undefined;
  }

  #toolboxOf(arch: ArchId): Toolbox {
    const toolbox = this.#toolboxes.get(arch);
    if (toolbox === undefined) throw new TypeError(`there is no architecture '${arch}'`);
    return toolbox;
  }

  async toolbox(arch: ArchId = HOST.id): Promise<string> {
    return (await this.#toolboxOf(arch).root()).dir;
  }

  coverage(image: Image, options: CodeOptions = {}): Promise<ImageCoverage> {
    const key = `${image.kernel.key} ${image.modules.key}`;
    const known = this.#codes.get(key) ?? this.#coverage(image, options);
    this.#codes.set(key, known);
    known.catch(() => this.#codes.delete(key));
    return known;
  }

  async #coverage(image: Image, options: CodeOptions): Promise<ImageCoverage> {
    const plugin = await this.#toolbox.using(() => coveragePlugin(this.#cache, this.#toolbox));
    const toolbox = await this.toolbox(image.kernel.arch);
    return { plugin, ...(await codeOfImage(image, { ...options, toolbox, signal: this.#signal })) };
  }

  async decode(log: readonly string[], image: Image): Promise<string[]> {
    return decodeLog(log, image, await this.toolbox(image.kernel.arch), this.#signal);
  }

  drift(): string[] {
    return this.#packages.drift();
  }

  list(): Promise<CachedEntry[]> {
    return this.#cache.list();
  }

  removable(): Promise<Removable[]> {
    return this.#cache.removable(new Set(this.#packages.inUse(this.groups()).map((p) => p.sha256)));
  }

  remove(items: readonly Removable[]): Promise<Removed> {
    return this.#cache.remove(items);
  }

  groups(): string[] {
    return Object.keys(this.#recipes.groups);
  }

  async update(group: string): Promise<string[]> {
    if (!(group in this.#recipes.groups))
      throw new UsageError(`there is no lock '${group}'`, `known: ${this.groups().join(', ')}`);
    const lock = await resolveGroup(group, this.#recipes, this.#apt);
    let before: Parameters<typeof differences>[0] = [];
    try {
      before = readLock(group).packages;
    } catch {
      // Without a lock file, or with a broken one, there is nothing to compare.
    }
    await writeLock(lock);
    return differences(before, lock.packages);
  }

  #headersOf(group: string): { key: string; open: () => Promise<BuildTree> } {
    const set = this.#packages.set(group);
    const key = headersKey(set);
    const open = async (): Promise<BuildTree> => {
      const entry = await headers(set, this.#cache, this.#packages);
      const mounts = { '/usr/src': `${entry.dir}/usr/src`, '/usr/lib/modules': `${entry.dir}/usr/lib/modules` };
      return { key, mounts, dir: `/lib/modules/${entry.meta.release}/build` };
    };
    return { key, open };
  }

  /** Aborts running work, and waits until its processes and temporary files are gone. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort(new Error('the images were closed'));
    await this.#cache.settled();
  }
}

function isDirectory(spec: string): boolean {
  return spec.includes('/') || (!/^\d/.test(spec) && existsSync(spec));
}
