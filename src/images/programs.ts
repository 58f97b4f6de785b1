import { copyFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import type { Arch } from '../arches/index.js';
import { InfraError, projectRoot, UsageError } from '../model/index.js';
import { boxDirs, inBox } from './box.js';
import type { Cache, Entry } from './cache.js';
import { runOrFail, tail } from './exec.js';
import { hashFile } from './manifest.js';
import type { PackageSet, Packages } from './packages.js';
import { keyOf } from './project.js';
import { copySources, guestSources } from './sources.js';
import type { Toolbox } from './toolbox.js';

const STEP = 1;

/**
 * Our names of fio's configuration files. fio's own configure compiles a hundred programs to find out what a locked
 * toolbox never changes.
 */
const FIO_FILES = { 'config-host.mak': 'fio.config', 'fio.mk': 'fio.mk' };

const fioFile = (name: string): string => path.join(projectRoot, 'images', name);

export function fioKey(set: PackageSet, toolbox: Toolbox, { compiler }: Arch['build']): string {
  const files = Object.values(FIO_FILES).map((name) => hashFile(fioFile(name)));
  return keyOf('fio', STEP, set.packages.find(isFio)?.sha256, toolbox.key, compiler, files);
}

const isFio = (p: { kind: string; name: string }): boolean => p.kind === 'source' && p.name === 'fio';

/** A static fio, built from its upstream source. */
export function fio(
  set: PackageSet,
  cache: Cache,
  packages: Packages,
  toolbox: Toolbox,
  target: Arch['build'],
): Promise<Entry> {
  const builder = toolbox.key;
  return cache.entry({
    name: 'fio',
    key: fioKey(set, toolbox, target),
    build: async (context) => {
      const source = set.packages.filter(isFio);
      const [box, files] = await Promise.all([toolbox.root(builder), packages.fetch(source, context)]);
      const [archive] = files.values();
      if (!archive)
        throw new UsageError(`the lock of ${set.group} names no fio source`, 'phyrlab images update rootfs');
      const { work, mountPoint } = boxDirs(context.scratch);
      await mkdir(work);
      const { signal } = context;
      await runOrFail('tar', ['-xf', archive, '-C', work, '--strip-components=1', '--no-same-owner'], {
        what: 'unpacking fio',
        signal,
      });
      for (const [to, name] of Object.entries(FIO_FILES)) copyFileSync(fioFile(name), path.join(work, to));
      const make = `make -f fio.mk -j${os.availableParallelism()} CC=${target.compiler} fio`;
      const script = `set -e; ${make}; ${target.strip} fio`;
      const result = await inBox(['sh', '-c', script], { toolbox: box.dir, work, mountPoint, signal });
      if (!result.ok) throw new InfraError('fio does not build', tail(result.all));
      copyFileSync(path.join(work, 'fio'), path.join(context.dir, 'fio'));
      return {};
    },
  });
}

const toolSources = () => guestSources(['tools', 'include/uapi', 'include/qemu_engines.h']);

export function toolsKey(toolbox: Toolbox): string {
  return keyOf('tools', STEP, toolSources().key, toolbox.key);
}

/** The guest's user-space programs, static. */
export function tools(cache: Cache, toolbox: Toolbox, target: Arch['build']): Promise<Entry> {
  const sources = toolSources();
  const builder = toolbox.key;
  return cache.entry({
    name: 'tools',
    key: toolsKey(toolbox),
    build: async (context) => {
      const box = await toolbox.root(builder);
      const { work, mountPoint } = boxDirs(context.scratch);
      await mkdir(work);
      copySources(sources, work);
      const command = ['make', '-C', 'tools', '-k', `-j${os.availableParallelism()}`, `CC=${target.compiler}`];
      const result = await inBox(command, { toolbox: box.dir, work, mountPoint, signal: context.signal });
      if (!result.ok) throw buildError('guest/tools', result.all);
      const programs = [...sources.files.keys()].flatMap((file) => /^tools\/([^_]+)\.c$/.exec(file)?.[1] ?? []);
      for (const name of programs) copyFileSync(path.join(work, 'tools', name), path.join(context.dir, name));
      return { programs: programs.join(' ') };
    },
  });
}

/**
 * The error for a failed build of the user's sources. If compiler, linker or make name a place in them, it is bad
 * input, and the first complaints are shown. Anything else, e.g. a killed compiler, is a fault of the host.
 */
export function buildError(what: string, said: string): UsageError | InfraError {
  const lines = said.split('\n');
  const errors = lines.filter((line) => OBJECTIONS.test(line));
  if (errors.length === 0 || lines.some((line) => HOSTS_FAULT.test(line) && !QUOTED.test(line)))
    return new InfraError(`${what} could not be compiled, but not because of its sources`, tail(said));
  return new UsageError(
    `${what} does not compile:\n${errors.slice(0, 10).join('\n')}`,
    'fix the source and try again',
    {
      cause: new Error(said),
    },
  );
}

const OBJECTIONS =
  /^\S+:\d+(:\d+)?: (fatal )?[Ee]rror:|^\S+:\d+: \*\*\* |^ERROR: modpost:|\b(undefined reference|multiple definition|error: objtool)\b|\*\*\* No rule to make target/;

/** Out of memory, a crashed tool, a file system error. */
const HOSTS_FAULT =
  /\bKilled\b|[Cc]annot allocate memory|virtual memory exhausted|out of memory|internal compiler error|Input\/output error|Read-only file system|Permission denied|Resource temporarily unavailable|cannot execute/;

/** A source line that a compiler quotes. */
const QUOTED = /^ *\d* \|/;
