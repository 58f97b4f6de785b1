/**
 * Copies files and programs of the host into a guest, with the shared libraries and interpreters that the guest lacks.
 * It never replaces a library of the guest; a program that needs a newer glibc is refused.
 */
import { existsSync } from 'node:fs';
import { readdir, readFile, realpath, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { Arch } from '../arches/index.js';
import { type ElfFacts, elfFacts } from '../host/index.js';
import { formatBytes, InfraError } from '../model/index.js';
import type { PushedFile } from './session.js';

/** A file or folder of the host, and its absolute path in the guest. */
export interface Given {
  from: string;
  to: string;
  /** It is a program, whatever its mode is on the host. */
  program?: boolean;
}

/** What the guest already has. */
export interface GuestSystem {
  build: Pick<Arch['build'], 'elfMachine' | 'loader' | 'triplet'>;
  /** Names of its shared libraries. */
  libraries: ReadonlySet<string>;
  glibc: readonly [number, number];
  /** Names of the programs in its PATH. */
  programs: ReadonlySet<string>;
}

const MOST_FILES = 10_000;
/** The guest's files are in its memory. */
const MOST_BYTES = 128 << 20;

/**
 * @param libraries the folder in the guest for libraries that it lacks; programs find it by LD_LIBRARY_PATH
 * Throws InfraError with one line for a person if the guest cannot run one of the programs.
 */
export async function payloadOf(given: readonly Given[], guest: GuestSystem, libraries: string): Promise<PushedFile[]> {
  const payload = new Payload(guest, libraries);
  for (const one of given) await payload.add(one);
  await payload.addWhatIsNeeded();
  return payload.files;
}

interface Loaded {
  path: string;
  mode: number;
  data: Buffer;
  from: string;
}

class Payload {
  readonly #guest: GuestSystem;
  readonly #libraries: string;
  readonly #loaded: Loaded[] = [];
  #bytes = 0;

  constructor(guest: GuestSystem, libraries: string) {
    this.#guest = guest;
    this.#libraries = libraries;
  }

  get files(): PushedFile[] {
    return this.#loaded.map(({ path, mode, data }) => ({ path, mode, source: { data } }));
  }

  async add({ from, to, program = false }: Given): Promise<void> {
    const found = await stat(from).catch(() => undefined);
    if (found === undefined) throw new InfraError(`${from} does not exist or cannot be read`);
    if (found.isDirectory()) {
      for (const name of (await readdir(from)).sort()) await this.add({ from: join(from, name), to: join(to, name) });
      return;
    }
    if (!found.isFile()) throw new InfraError(`${from} is neither a file nor a folder`);
    this.#bytes += found.size;
    if (this.#bytes > MOST_BYTES || this.#loaded.length >= MOST_FILES)
      throw new InfraError(
        `too many files for the guest at ${from}: at most ${MOST_FILES}, and ${formatBytes(MOST_BYTES)} in all`,
      );
    this.#loaded.push({
      path: to,
      mode: (found.mode & 0o777) | (program ? 0o111 : 0),
      data: await readFile(from),
      from,
    });
  }

  /** The list grows while the loop reads it, since libraries need libraries. */
  async addWhatIsNeeded(): Promise<void> {
    for (const file of this.#loaded) {
      const facts = elfFacts(file.data);
      if (facts !== undefined) await this.#addLibraries(file, facts);
      else await this.#addInterpreter(file);
    }
  }

  async #addLibraries({ from, mode }: Loaded, facts: ElfFacts): Promise<void> {
    const { build, libraries, glibc } = this.#guest;
    const { machine, loader, libraries: needed } = facts;
    const isProgram = (mode & 0o111) !== 0;
    if (!isProgram && needed.length === 0) return;
    if (machine !== build.elfMachine)
      throw new InfraError(`${from} is not built for the guest's architecture, ${build.triplet}`);
    if (loader !== undefined && basename(loader) !== basename(build.loader))
      throw new InfraError(`${from} needs the dynamic loader ${loader}, which the guest lacks: link it with -static`);
    const [major, minor] = facts.glibc ?? [0, 0];
    if (major > glibc[0] || (major === glibc[0] && minor > glibc[1]))
      throw new InfraError(
        `${from} needs glibc ${major}.${minor}, but the guest has ${glibc.join('.')}: link it with -static, or build it on an older system`,
      );
    for (const name of needed) {
      if (libraries.has(name) || this.#loaded.some(({ path }) => basename(path) === name)) continue;
      const dirs = [dirname(from), ...libraryDirs(build.triplet)];
      const library = dirs.map((dir) => join(dir, name)).find((path) => existsSync(path));
      if (library === undefined)
        throw new InfraError(`${from} needs ${name}, which neither the guest nor this host has: add it to the files`);
      await this.add({ from: await realpath(library), to: join(this.#libraries, name) });
    }
  }

  /** For a script. */
  async #addInterpreter({ from, data, mode }: Loaded): Promise<void> {
    if ((mode & 0o111) === 0) return;
    const [, path = '', argument = ''] =
      /^#! *(\S+)(?:[ \t]+(\S+))?/.exec(data.subarray(0, 256).toString('latin1').split('\n', 1)[0] ?? '') ?? [];
    const byEnv = basename(path) === 'env' && argument !== '' && !argument.startsWith('-');
    const name = byEnv ? argument : basename(path);
    if (name === '' || this.#guest.programs.has(name)) return;
    const to = byEnv ? `/bin/${name}` : path;
    if (this.#loaded.some((file) => file.path === to)) return;
    const host = [path, ...PROGRAM_DIRS.map((dir) => join(dir, name))].find(
      (one) => basename(one) === name && existsSync(one),
    );
    if (host === undefined)
      throw new InfraError(`${from} needs ${name}, which neither the guest nor this host has: add it to the files`);
    await this.add({ from: await realpath(host), to });
  }
}

const PROGRAM_DIRS = ['/usr/bin', '/bin', '/usr/local/bin'];

function libraryDirs(triplet: string): string[] {
  const own = (process.env.LD_LIBRARY_PATH ?? '').split(':').filter((dir) => dir !== '');
  const usual = [
    `/lib/${triplet}`,
    `/usr/lib/${triplet}`,
    '/lib64',
    '/usr/lib64',
    '/lib',
    '/usr/lib',
    '/usr/local/lib',
  ];
  return [...own, ...usual, '/usr/local/lib64'];
}
