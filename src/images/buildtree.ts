import { accessSync, constants, copyFileSync, existsSync, readFileSync, realpathSync, statSync } from 'node:fs';
import path from 'node:path';
import { ARCHES, archOf, HOST } from '../arches/index.js';
import { writeCpio } from '../host/index.js';
import { type Kernel, type Machine, messageOf, UsageError } from '../model/index.js';
import { bootModuleItems } from './bootmodules.js';
import type { Cache } from './cache.js';
import { missingOptions } from './kernel-needs.js';
import { hashFile } from './manifest.js';
import { type BuildTree, DEBUG_INFO } from './modules.js';
import { keyOf } from './project.js';
import { selfChecks } from './self-checks.js';
import { symbolsOf } from './symbols.js';

const STEP = 1;
const NEEDED = ['Makefile', '.config', 'Module.symvers', 'include/config/kernel.release'];

/** A kernel that the user has built: `--kernel DIR`. The tree is only read; its image and boot modules are copied. */
export async function treeKernel(spec: string, cache: Cache): Promise<{ kernel: Kernel; tree: BuildTree }> {
  const { dir, arch, config: configText } = checkTree(spec);
  const { image: imageFile, bootModules } = archOf({ arch }).kernel;
  const release = readFileSync(path.join(dir, 'include/config/kernel.release'), 'utf8').trim();
  const [image, symbols, config] = [imageFile.path, 'Module.symvers', '.config'].map((file) =>
    hashFile(path.join(dir, file)),
  );
  const boot = await bootModuleItems(dir, async (file) => file, bootModules);
  const bootKey = boot.map((item) => (item.kind === 'file' ? [item.path, hashFile(item.from)] : item));
  const entry = await cache.entry({
    name: 'kernel-tree',
    key: keyOf('tree', STEP, release, image, bootKey),
    build: async (context) => {
      writeCpio(path.join(context.dir, 'boot.cpio'), boot);
      copyFileSync(path.join(dir, imageFile.path), path.join(context.dir, imageFile.name));
      return { release };
    },
  });
  const kernel: Kernel = {
    release,
    arch,
    image: path.join(entry.dir, imageFile.name),
    bootModules: path.join(entry.dir, 'boot.cpio'),
    ...symbolsOf(path.join(dir, 'vmlinux')),
    ...selfChecks(configText),
    built: true,
    key: entry.key,
  };
  const source = existsSync(path.join(dir, 'source')) ? realpathSync(path.join(dir, 'source')) : null;
  const mounts = { [dir]: dir, ...(source && source !== dir ? { [source]: source } : {}) };
  return {
    kernel,
    tree: { key: keyOf('tree', image, symbols, config, dir, DEBUG_INFO), mounts, dir, flags: DEBUG_INFO },
  };
}

interface Tree {
  dir: string;
  arch: Machine['arch'];
  config: string;
}

/**
 * Reports everything that is missing before anything is built or booted, since a guest without it would only get lost
 * without a reason.
 */
function checkTree(spec: string): Tree {
  const hint = 'give the directory of a kernel that was built with make bzImage modules (or the O= directory)';
  let tree: Tree;
  try {
    const dir = realpathSync(spec);
    if (!statSync(dir).isDirectory()) throw new Error('not a directory');
    for (const file of NEEDED) accessSync(path.join(dir, file), constants.R_OK);
    const config = readFileSync(path.join(dir, '.config'), 'utf8');
    const { id: arch } = ARCHES.find(({ kernel }) => config.split('\n').includes(`CONFIG_${kernel.option}=y`)) ?? HOST;
    accessSync(path.join(dir, archOf({ arch }).kernel.image.path), constants.R_OK);
    tree = { dir, arch, config };
  } catch (error) {
    throw new UsageError(`--kernel ${spec} is not a built kernel tree: ${messageOf(error)}`, hint, { cause: error });
  }
  const { path: file, magic, what } = archOf(tree).kernel.image;
  const image = readFileSync(path.join(tree.dir, file));
  if (image.toString('latin1', magic.at, magic.at + magic.text.length) !== magic.text)
    throw new UsageError(`--kernel ${spec}: ${file} is not ${what}`, hint);
  checkTreeFor(spec, tree, []);
  return tree;
}

/** Throws UsageError with all options that the kernel of this tree lacks for guests with these IOMMUs. */
export function checkTreeIommus(spec: string, machines: readonly Pick<Machine, 'arch' | 'iommu'>[]): void {
  const tree = checkTree(spec);
  const own = machines.filter(({ arch }) => arch === tree.arch).map(({ iommu }) => iommu.kind);
  checkTreeFor(spec, tree, own);
}

function checkTreeFor(spec: string, { config, arch, dir }: Tree, iommus: readonly Machine['iommu']['kind'][]): void {
  const missing = missingOptions(config, arch, iommus);
  if (missing.length === 0) return;
  throw new UsageError(
    `--kernel ${spec}: ${path.join(dir, '.config')} lacks what the guests need:\n  ${missing.join('\n  ')}`,
    'set them (scripts/config -e NAME ..., make olddefconfig), rebuild the kernel, then try again',
  );
}
