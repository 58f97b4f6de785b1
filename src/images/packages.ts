import { existsSync, readFileSync } from 'node:fs';
import { rename, writeFile } from 'node:fs/promises';
import { countOf, type Emit, type Progress, UsageError } from '../model/index.js';
import type { Archive } from './apt.js';
import type { BuildContext, Cache } from './cache.js';
import { differences, Lock, type Package, packagesKey, readLock } from './lock.js';
import { keyOf } from './project.js';
import type { Recipes } from './recipe.js';
import { architecturesOf, resolveGroup } from './resolve.js';

/** The packages that a group uses: those of its lock file, or their replacements if they have left the mirror. */
export interface PackageSet {
  group: string;
  packages: Package[];
  key: string;
}

/** The mirror no longer has packages of the set. */
class Gone extends UsageError {
  constructor(missing: readonly Package[]) {
    super(
      `${missing.map((p) => `${p.name} ${p.version}`).join(', ')} left the mirror`,
      'refresh the lock: phyrlab images update',
    );
  }
}

export interface PackagesOptions {
  locked: boolean;
  offline: boolean;
  recipes: Recipes;
  progress: Emit<Progress>;
}

export class Packages {
  readonly #cache: Cache;
  readonly #apt: Archive;
  readonly #options: PackagesOptions;
  readonly #sets = new Map<string, PackageSet>();
  readonly #substitutes = new Map<string, Promise<PackageSet>>();
  readonly #drift = new Map<string, string[]>();

  constructor(cache: Cache, apt: Archive, options: PackagesOptions) {
    this.#cache = cache;
    this.#apt = apt;
    this.#options = options;
  }

  /** Needs no network: it reads the lock file, and the replacements that an earlier run chose. */
  set(group: string): PackageSet {
    let set = this.#sets.get(group);
    if (!set) {
      const { locked, taken } = this.#load(group);
      if (taken !== locked) this.#noteDrift(group, locked, taken);
      set = toSet(group, taken);
      this.#sets.set(group, set);
    }
    return set;
  }

  /** The packages of all these groups that may be needed again. */
  inUse(groups: readonly string[]): Package[] {
    return groups.flatMap((group) => {
      const { locked, taken } = this.#load(group);
      return taken === locked ? locked : [...locked, ...taken];
    });
  }

  #load(group: string): { locked: Package[]; taken: Package[] } {
    const locked = readLock(group).packages;
    const file = this.#substituteFile(group, locked);
    if (this.#options.locked || !existsSync(file)) return { locked, taken: locked };
    const substitute = Lock.safeParse(parseJson(readFileSync(file, 'utf8')));
    return { locked, taken: substitute.success ? substitute.data.packages : locked };
  }

  /**
   * Runs `work` with the set of a group. If the mirror no longer has a locked version, and that is allowed, runs it
   * again with the current versions.
   */
  async using<T>(group: string, work: (set: PackageSet) => Promise<T>): Promise<T> {
    const set = this.set(group);
    try {
      return await work(set);
    } catch (error) {
      if (!(error instanceof Gone)) throw error;
      return work(await this.#substitute(set, error));
    }
  }

  /** Paths of these packages, which are downloaded if necessary. */
  async fetch(packages: readonly Package[], context: BuildContext): Promise<Map<Package, string>> {
    const files = new Map<Package, string>();
    const wanted: Package[] = [];
    for (const p of packages) {
      const file = this.#cache.package(p.sha256, p.size);
      if (file) files.set(p, file);
      else wanted.push(p);
    }
    if (wanted.length > 0) {
      if (this.#options.offline) {
        throw new UsageError(
          `${countOf(wanted.length, 'package is', 'packages are')} not in the cache (${wanted[0]?.name})`,
          '--offline forbids downloads: run once without it',
        );
      }
      const total = wanted.reduce((sum, p) => sum + p.size, 0);
      const missing = await this.#apt.download(wanted, context.scratch, (done) =>
        context.progress(done, total, 'bytes'),
      );
      if (missing) await this.#explain(missing.packages, missing.said);
      for (const p of wanted) files.set(p, this.#cache.path('packages', p.sha256));
    }
    return files;
  }

  /** Finds out with the signed index whether it is the network, the mirror, or a removed version. Always throws. */
  async #explain(missing: Package[], said: string): Promise<never> {
    await this.#apt.update(this.#options.recipes, architecturesOf(missing.map(({ name }) => name)));
    const listed = new Set(await this.#apt.available(missing));
    const lost = missing.filter((p) => listed.has(p));
    if (lost.length > 0) {
      throw new UsageError(
        `the mirror lists ${lost.map((p) => `${p.name} ${p.version}`).join(', ')} but cannot deliver it: ${said}`,
        'try again later, or name another mirror with --mirror or PHYRLAB_MIRROR',
      );
    }
    throw new Gone(missing);
  }

  #substitute(set: PackageSet, gone: Gone): Promise<PackageSet> {
    if (this.#options.locked) {
      throw new UsageError(`--locked, but ${gone.message}`, `refresh the lock: ${refresh(set.group)}`, { cause: gone });
    }
    let substitute = this.#substitutes.get(set.group);
    if (!substitute) {
      substitute = this.#resolveSubstitute(set, gone);
      this.#substitutes.set(set.group, substitute);
    }
    return substitute;
  }

  async #resolveSubstitute(set: PackageSet, gone: Gone): Promise<PackageSet> {
    const locked = readLock(set.group).packages;
    const current = await resolveGroup(set.group, this.#options.recipes, this.#apt);
    const file = this.#substituteFile(set.group, locked);
    await writeFile(`${file}.${process.pid}`, JSON.stringify(current));
    await rename(`${file}.${process.pid}`, file);
    this.#options.progress({ type: 'warning', text: gone.message });
    this.#noteDrift(set.group, locked, current.packages);
    const taken = toSet(set.group, current.packages);
    this.#sets.set(set.group, taken);
    return taken;
  }

  /** Packages that differ from the lock files, in the groups used so far. */
  drift(): string[] {
    return [...this.#drift.values()].flat();
  }

  #noteDrift(group: string, locked: readonly Package[], taken: readonly Package[]): void {
    const lines = differences(locked, taken);
    this.#drift.set(group, lines);
    this.#options.progress({
      type: 'warning',
      text: `${group} differs from its lock file: ${lines.join(', ')} (refresh the lock: ${refresh(group)})`,
    });
  }

  #substituteFile(group: string, locked: readonly Package[]): string {
    return this.#cache.path('substitutes', `${group}-${packagesKey(locked)}.json`);
  }
}

function toSet(group: string, packages: Package[]): PackageSet {
  return { group, packages, key: keyOf(group, packagesKey(packages)) };
}

function refresh(group: string): string {
  return `phyrlab images update ${group}`;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
