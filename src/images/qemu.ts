import { accessSync, constants, realpathSync, statSync } from 'node:fs';
import path from 'node:path';
import { type Arch, HOST } from '../arches/index.js';
import { InfraError, messageOf, type Qemu, UsageError } from '../model/index.js';
import type { Cache } from './cache.js';
import { run } from './exec.js';
import type { Packages } from './packages.js';
import { keyOf } from './project.js';
import { hostProgram } from './toolbox.js';
import { unpack } from './unpack.js';

const STEP = 1;
const HINT = `give the path of a ${HOST.emulator}`;

export async function packagedQemu(cache: Cache, packages: Packages, { emulator, build }: Arch): Promise<Qemu> {
  const binary = `usr/bin/${emulator}`;
  const entry = await packages.using(build.qemu, (set) =>
    cache.entry({
      name: build.qemu,
      key: keyOf('qemu', STEP, set.key),
      build: async (context) => {
        await unpack(set.packages, context.dir, packages, context);
        const { file, args } = hostProgram(context.dir, binary);
        const result = await run(file, [...args, '--version'], { signal: context.signal });
        const version = versionOf(result.all);
        if (!version) throw new InfraError('the packaged QEMU does not run', result.all);
        return { version };
      },
    }),
  );
  const program = hostProgram(entry.dir, binary);
  return {
    version: entry.meta.version ?? '',
    program: { ...program, env: { QEMU_MODULE_DIR: path.join(entry.dir, `usr/lib/${HOST.build.triplet}/qemu`) } },
    dataDirs: [path.join(entry.dir, 'usr/share/qemu'), path.join(entry.dir, 'usr/share/seabios')],
    key: entry.key,
  };
}

/** A QEMU of the user: any x86-64 system emulator that prints its version. */
export async function ownQemu(file: string, signal: AbortSignal): Promise<Qemu> {
  const real = executable(file);
  const { size, mtimeMs } = statSync(real);
  const result = await run(real, ['--version'], { signal });
  const version = result.ok ? versionOf(result.all) : null;
  if (!version)
    throw new UsageError(`--qemu ${file} does not run as a QEMU: ${result.all.trim().split('\n')[0]}`, HINT);
  return {
    version,
    program: { file: real, args: [], env: {} },
    dataDirs: [],
    key: keyOf(real, size, mtimeMs, version),
  };
}

function executable(file: string): string {
  try {
    const real = realpathSync(file);
    accessSync(real, constants.X_OK);
    if (statSync(real).isFile()) return real;
  } catch (error) {
    throw new UsageError(`--qemu ${file}: ${messageOf(error)}`, HINT, {
      cause: error,
    });
  }
  throw new UsageError(`--qemu ${file} is not an executable file`, HINT);
}

function versionOf(said: string): string | null {
  return /^QEMU emulator version (\d+\.\d+\.\d+)/m.exec(said)?.[1] ?? null;
}
