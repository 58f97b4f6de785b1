import { mkdir, symlink } from 'node:fs/promises';
import path from 'node:path';
import { HOST } from '../arches/index.js';
import type { HostProgram } from '../model/index.js';
import { checkNamespaces } from './box.js';
import type { Cache, Entry } from './cache.js';
import { runOrFail } from './exec.js';
import type { Packages } from './packages.js';
import { keyOf } from './project.js';
import type { Recipes } from './recipe.js';
import { unpack } from './unpack.js';

const STEP = 1;

class ToolboxChanged extends Error {}

/** Compiler and tools as a root file system. Its key is known without building it. */
export class Toolbox {
  readonly #cache: Cache;
  readonly #packages: Packages;
  readonly #links: Record<string, string>;
  readonly #group: string;
  readonly #below: Toolbox | undefined;

  /** With `below`, the packages of `group` are added to another toolbox. */
  constructor(cache: Cache, packages: Packages, recipes: Recipes, group = 'toolbox', below?: Toolbox) {
    const recipe = recipes.groups[group];
    this.#cache = cache;
    this.#packages = packages;
    this.#group = group;
    this.#below = below;
    this.#links = recipe?.kind === 'closure' ? recipe.links : {};
  }

  get key(): string {
    const below = this.#below ? [this.#below.key] : [];
    return keyOf('toolbox', STEP, this.#packages.set(this.#group).key, this.#links, ...below);
  }

  /** Throws ToolboxChanged if its key is no longer `expected`. */
  async root(expected?: string): Promise<Entry> {
    const entry = await this.#make();
    if (expected !== undefined && expected !== this.key) throw new ToolboxChanged();
    return entry;
  }

  /** Runs `work`, and again with new keys if packages of the toolbox had to be replaced in the meantime. */
  async using<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof ToolboxChanged)) throw error;
      return work();
    }
  }

  #make(): Promise<Entry> {
    return this.#packages.using(this.#group, (set) =>
      this.#cache.entry({
        name: this.#group,
        key: this.key,
        build: async (context) => {
          await checkNamespaces(context.signal);
          if (this.#below) {
            const { dir } = await this.#below.root();
            // Only usr: the manifests of the two entries must not become one file.
            const link = ['--archive', '--link', path.join(dir, 'usr'), context.dir];
            await runOrFail('cp', link, { what: 'linking the toolbox', signal: context.signal });
          }
          await unpack(set.packages, context.dir, this.#packages, context);
          for (const [link, target] of Object.entries(this.#links)) await symlink(target, path.join(context.dir, link));
          for (const dir of ['usr/src', 'usr/lib/modules'])
            await mkdir(path.join(context.dir, dir), { recursive: true });
          return {};
        },
      }),
    );
  }
}

/** A program of an unpacked tree, run on the host with the tree's own dynamic loader. */
export function hostProgram(root: string, program: string): HostProgram {
  const lib = path.join(root, 'usr/lib', HOST.build.triplet);
  return {
    file: path.join(root, 'usr', HOST.build.loader),
    args: ['--library-path', lib, '--argv0', path.basename(program), path.join(root, program)],
    env: {},
  };
}
