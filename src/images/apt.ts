import { existsSync, lstatSync } from 'node:fs';
import { mkdir, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { ARCHES, HOST } from '../arches/index.js';
import { InfraError, projectRoot, UsageError } from '../model/index.js';
import type { Cache } from './cache.js';
import { type RunOptions, run, runOrFail, tail } from './exec.js';
import { FileLock } from './filelock.js';
import type { Package } from './lock.js';
import { hashFile } from './manifest.js';
import type { Recipes } from './recipe.js';

/** A paragraph of an index: `Package`, `Version`, `SHA256` and so on. */
export type Stanza = Record<string, string>;

/** Parses Debian's control format. A field that spans several lines keeps its line breaks. */
export function parseStanzas(text: string): Stanza[] {
  return text
    .split(/\n\s*\n/)
    .filter((block) => block.trim() !== '')
    .map((block) => {
      const stanza: Stanza = {};
      let field = '';
      for (const line of block.trim().split('\n')) {
        const match = /^([A-Za-z0-9-]+):\s*(.*)$/.exec(line);
        if (match?.[1]) {
          field = match[1];
          stanza[field] = match[2] ?? '';
        } else if (field) stanza[field] += `\n${line.trim()}`;
      }
      return stanza;
    });
}

export const APT_HELPER = '/usr/lib/apt/apt-helper';
const DEBIAN = 'phyrlab needs a Debian-family host with apt';

const UNREACHABLE =
  /^\s+(Could not (resolve|connect)|Cannot initiate the connection|Unable to connect|Connection timed out)/;

/** The line in which apt reports the error, without its prefix. */
export function complaint(output: string): string {
  const lines = output.split('\n');
  const line = [/^[EW]: Failed to fetch/, /^E: /, /^Err:/].map((kind) => lines.find((l) => kind.test(l))).find(Boolean);
  return (line ?? tail(output, 1))
    .replace(/^[EW]: /, '')
    .replace(/\s+/g, ' ')
    .trim();
}

/** `libc6` means the host's architecture, `libc6:arm64` another one. */
function isOf(stanza: Stanza, name: string): boolean {
  const [base, arch = 'amd64'] = name.split(':');
  return stanza.Package === base && (stanza.Architecture === arch || stanza.Architecture === 'all');
}

export function escapePath(file: string): string {
  return file.split('/').map(encodeURIComponent).join('/');
}

/**
 * apt in a directory of its own: with no installed packages, its own sources and lists, and the keyring from the
 * checkout. Works as any user and changes nothing on the host. It takes only the network settings (Acquire::*) from the
 * host.
 */
export class Apt {
  readonly #cache: Cache;
  readonly #signal: AbortSignal;
  readonly #mirror: () => Promise<string>;
  #config: Promise<string> | undefined;
  readonly #updated = new Map<string, Promise<void>>();

  constructor(cache: Cache, mirror: () => Promise<string>, signal: AbortSignal) {
    this.#cache = cache;
    this.#mirror = mirror;
    this.#signal = signal;
  }

  /**
   * Downloads missing packages into the cache, and retries a failed download once. Returns the packages that could not
   * be downloaded and apt's message: the mirror does not have them, or cannot be reached. Every file must have the
   * SHA-256 of its lock entry.
   */
  async download(
    packages: readonly Package[],
    scratch: string,
    onBytes: (done: number) => void,
  ): Promise<Missing | null> {
    const first = await this.#downloadOnce(packages, scratch, onBytes);
    if (!first || first.unreachable) return first;
    return this.#downloadOnce(first.packages, scratch, () => {});
  }

  async #downloadOnce(
    packages: readonly Package[],
    scratch: string,
    onBytes: (done: number) => void,
  ): Promise<Missing | null> {
    const mirror = (await this.#mirror()).replace(/^file:/, 'copy:');
    const total = packages.reduce((sum, p) => sum + p.size, 0);
    const words = packages.flatMap((p) => [
      `${mirror}/${escapePath(p.path)}`,
      path.join(scratch, p.sha256),
      `SHA256:${p.sha256}`,
    ]);
    let unreachable = false;
    const options = ['-o', 'APT::Status-Fd=1', '-o', 'Acquire::Retries=0'];
    const result = await this.#apt(APT_HELPER, [...options, 'download-file', ...words], {
      onLine: (line) => {
        const percent = /^dlstatus:\d+:([\d.]+):/.exec(line)?.[1];
        if (percent) onBytes(Math.round((Number(percent) / 100) * total));
        unreachable ||= UNREACHABLE.test(line);
        // Every further file would run into the same timeout.
        return unreachable ? 'stop' : undefined;
      },
    });
    const missing: Package[] = [];
    for (const p of packages) {
      const file = path.join(scratch, p.sha256);
      if (lstatSync(file, { throwIfNoEntry: false })?.size === p.size && hashFile(file) === p.sha256)
        await rename(file, this.#cache.path('packages', p.sha256));
      else missing.push(p);
    }
    return missing.length === 0 ? null : { packages: missing, said: complaint(result.all), unreachable };
  }

  /** Fetches the signed indexes, once per object and set of architectures. */
  update(recipes: Recipes, architectures: readonly string[] = ['amd64']): Promise<void> {
    const key = architectures.join(',');
    const updated = this.#updated.get(key) ?? this.#update(recipes, key);
    this.#updated.set(key, updated);
    return updated;
  }

  async #update(recipes: Recipes, architectures: string): Promise<void> {
    await using _lock = await FileLock.acquire(this.#cache.path('locks', 'apt'), {
      signal: this.#signal,
      onWait: () => {},
    });
    const mirror = await this.#mirror();
    const root = this.#cache.path('apt');
    const keyring = path.join(projectRoot, 'images', 'keyrings', 'debian-archive-keyring.gpg');
    const sources = Object.values(recipes.groups).flatMap((g) =>
      g.kind === 'closure' ? Object.values(g.sources) : [],
    );
    const lines = [
      ...recipes.suites.map((suite) => `deb [arch=${architectures} signed-by=${keyring}] ${mirror} ${suite} main`),
      ...new Set(sources.map((suite) => `deb-src [signed-by=${keyring}] ${mirror} ${suite} main`)),
    ];
    await this.#configure();
    await writeFile(path.join(root, 'etc', 'sources.list'), `${lines.join('\n')}\n`);
    const result = await this.#apt('apt-get', ['update', '-q', '--error-on=any']);
    if (!result.ok) {
      throw new UsageError(
        `the Debian mirror ${mirror} cannot be used: ${complaint(result.all)}`,
        'check the network, or name another mirror with --mirror or PHYRLAB_MIRROR',
      );
    }
  }

  /** Names and versions that apt would install on an empty system. */
  async closure(roots: readonly string[], prefer: string | undefined): Promise<{ name: string; version: string }[]> {
    const target = prefer ? ['-t', prefer] : [];
    const output = await this.#runOrFail('resolving packages', 'apt-get', [
      '-qq',
      '-s',
      ...target,
      'install',
      ...roots,
    ]);
    return [...output.matchAll(/^Inst (\S+) \((\S+) /gm)].map(([, name = '', version = '']) => ({ name, version }));
  }

  /** The archive's records of these versions. */
  async show(packages: readonly { name: string; version: string }[]): Promise<Package[]> {
    const words = packages.map((p) => `${p.name}=${p.version}`);
    const stanzas = parseStanzas(await this.#runOrFail('reading the index', 'apt-cache', ['show', ...words]));
    return packages.map(({ name, version }) => {
      const stanza = stanzas.find((s) => isOf(s, name) && s.Version === version);
      if (!stanza?.Filename || !stanza.SHA256) throw new InfraError(`apt has no record of ${name} ${version}`);
      return { name, version, kind: 'binary', path: stanza.Filename, size: Number(stanza.Size), sha256: stanza.SHA256 };
    });
  }

  /** The newest upstream archive of a source package in the indexes. */
  async source(name: string): Promise<Package> {
    const output = await this.#runOrFail('reading the index', 'apt-cache', ['showsrc', '--only-source', name]);
    const stanza = parseStanzas(output).find((s) => s.Package === name);
    const file = /^([0-9a-f]{64}) (\d+) (\S+\.orig\.tar\.[a-z0-9]+)$/m.exec(stanza?.['Checksums-Sha256'] ?? '');
    if (!stanza || !file) throw new InfraError(`apt has no source of ${name}`);
    const [, sha256 = '', size, base] = file;
    const version = stanza.Version ?? '';
    return { name, version, kind: 'source', path: `${stanza.Directory}/${base}`, size: Number(size), sha256 };
  }

  /** The version of each package that apt would install. */
  async candidates(names: readonly string[]): Promise<{ name: string; version: string }[]> {
    const output = await this.#runOrFail('reading the index', 'apt-cache', ['show', '--no-all-versions', ...names]);
    const stanzas = parseStanzas(output);
    return names.map((name) => {
      const version = stanzas.find((s) => isOf(s, name))?.Version;
      if (!version) throw new InfraError(`apt has no record of ${name}`);
      return { name, version };
    });
  }

  /** The packages that the indexes still list in exactly this version. */
  async available(packages: readonly Package[]): Promise<Package[]> {
    const words = packages.filter((p) => p.kind === 'binary').map((p) => `${p.name}=${p.version}`);
    const env = { APT_CONFIG: await this.#configure() };
    const binaries =
      words.length > 0 ? await run('apt-cache', ['show', ...words], { env, signal: this.#signal }) : null;
    const sums = new Set(parseStanzas(binaries?.stdout ?? '').map((s) => s.SHA256));
    for (const p of packages) {
      if (p.kind !== 'source') continue;
      const current = await this.source(p.name);
      sums.add(current.sha256);
    }
    return packages.filter((p) => sums.has(p.sha256));
  }

  /** Names of all matching packages. */
  async names(pattern: string): Promise<string[]> {
    const output = await this.#runOrFail('reading the index', 'apt-cache', ['search', '--names-only', pattern]);
    return output.split('\n').flatMap((line) => line.split(' - ')[0] || []);
  }

  async #runOrFail(what: string, file: string, args: string[]): Promise<string> {
    const env = { APT_CONFIG: await this.#configure() };
    return runOrFail(file, args, { what, env, signal: this.#signal });
  }

  async #apt(file: string, args: string[], options: Partial<RunOptions> = {}) {
    if (file === APT_HELPER && !existsSync(file)) throw new UsageError(`${file} is missing`, DEBIAN);
    const env = { APT_CONFIG: await this.#configure() };
    return run(file, args, { env, signal: this.#signal, ...options });
  }

  #configure(): Promise<string> {
    this.#config ??= this.#writeConfig();
    return this.#config;
  }

  async #writeConfig(): Promise<string> {
    const root = this.#cache.path('apt');
    for (const dir of ['state/lists/partial', 'archives/partial', 'etc/preferences.d'])
      await mkdir(path.join(root, dir), { recursive: true });
    const host = await run('apt-config', ['dump'], { signal: this.#signal });
    const network = host.stdout.split('\n').filter((line) => /^Acquire::(\w+::)*(Proxy|Timeout|Retries)/i.test(line));
    const config = path.join(root, 'apt.conf');
    const quoted = (value: string) => `"${value}"`;
    const lines = [
      `Dir ${quoted(root)};`,
      `Dir::State ${quoted(path.join(root, 'state'))};`,
      `Dir::State::status ${quoted(path.join(root, 'status'))};`,
      `Dir::Cache ${quoted(root)};`,
      `Dir::Etc ${quoted(path.join(root, 'etc'))};`,
      'Dir::Etc::main "/dev/null";',
      'Dir::Etc::parts "/dev/null";',
      `APT::Architecture ${quoted(HOST.debian)};`,
      `APT::Architectures { ${ARCHES.map(({ debian }) => `${quoted(debian)};`).join(' ')} };`,
      'APT::Install-Recommends "false";',
      'APT::Sandbox::User "root";',
      'Acquire::Languages "none";',
      'Acquire::Retries "1";',
      'Acquire::Retries::Delay "false";',
      'Acquire::http::Timeout "15";',
      'Acquire::https::Timeout "15";',
      ...network,
    ];
    await writeFile(path.join(root, 'status'), '');
    await writeFile(`${config}.${process.pid}`, `${lines.join('\n')}\n`);
    await rename(`${config}.${process.pid}`, config);
    return config;
  }
}

/** The part of its interface that others use. */
export type Archive = Pick<
  Apt,
  'download' | 'update' | 'available' | 'closure' | 'show' | 'source' | 'candidates' | 'names'
>;

export interface Missing {
  packages: Package[];
  said: string;
  /** The mirror cannot be reached. */
  unreachable: boolean;
}
