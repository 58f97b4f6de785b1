import { accessSync, constants, copyFileSync, existsSync, readFileSync, realpathSync, statSync } from 'node:fs';
import path from 'node:path';
import { describe, type Kernel, UsageError } from '../model/index.js';
import { bootModuleItems } from './bootmodules.js';
import type { Cache } from './cache.js';
import { writeCpio } from './cpio.js';
import { hashFile } from './manifest.js';
import { type BuildTree, DEBUG_INFO } from './modules.js';
import { patienceFor } from './patience.js';
import { keyOf } from './project.js';

const STEP = 1;
const IMAGE = 'arch/x86/boot/bzImage';
const NEEDED = ['Makefile', '.config', 'Module.symvers', 'include/config/kernel.release', IMAGE];

/** A kernel that the user built: `--kernel DIR`. The tree is only read; its image and boot modules are copied. */
export async function treeKernel(spec: string, cache: Cache): Promise<{ kernel: Kernel; tree: BuildTree }> {
  const dir = checkTree(spec);
  const release = readFileSync(path.join(dir, 'include/config/kernel.release'), 'utf8').trim();
  const [image, symbols, config] = [IMAGE, 'Module.symvers', '.config'].map((file) => hashFile(path.join(dir, file)));
  const boot = await bootModuleItems(dir, async (file) => file);
  const bootKey = boot.map((item) => (item.kind === 'file' ? [item.path, hashFile(item.from)] : item));
  const entry = await cache.entry({
    name: 'kernel-tree',
    key: keyOf('tree', STEP, release, image, bootKey),
    build: async (context) => {
      writeCpio(path.join(context.dir, 'boot.cpio'), boot);
      copyFileSync(path.join(dir, IMAGE), path.join(context.dir, 'bzImage'));
      return { release };
    },
  });
  const kernel: Kernel = {
    release,
    arch: 'x86_64',
    image: path.join(entry.dir, 'bzImage'),
    bootModules: path.join(entry.dir, 'boot.cpio'),
    patience: patienceFor(readFileSync(path.join(dir, '.config'), 'utf8')),
    key: entry.key,
  };
  const source = existsSync(path.join(dir, 'source')) ? realpathSync(path.join(dir, 'source')) : null;
  const mounts = { [dir]: dir, ...(source && source !== dir ? { [source]: source } : {}) };
  return {
    kernel,
    tree: { key: keyOf('tree', image, symbols, config, dir, DEBUG_INFO), mounts, dir, flags: DEBUG_INFO },
  };
}

function checkTree(spec: string): string {
  const hint = 'give the directory of a kernel that was built with make bzImage modules (or the O= directory)';
  let dir: string;
  try {
    dir = realpathSync(spec);
    if (!statSync(dir).isDirectory()) throw new Error('not a directory');
    for (const file of NEEDED) accessSync(path.join(dir, file), constants.R_OK);
  } catch (error) {
    throw new UsageError(`--kernel ${spec} is not a built kernel tree: ${describe(error)}`, hint, { cause: error });
  }
  const image = readFileSync(path.join(dir, IMAGE));
  if (image.toString('latin1', 0x202, 0x206) !== 'HdrS')
    throw new UsageError(`--kernel ${spec}: ${IMAGE} is not an x86 kernel image`, hint);
  return dir;
}
