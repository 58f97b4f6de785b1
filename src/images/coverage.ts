/** What measuring coverage takes: QEMU's plugin, built by the toolbox, and what the debug information says of what a guest can run. */
import { createHash } from 'node:crypto';
import { copyFileSync, readdirSync } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { archOf } from '../arches/index.js';
import { type Code, codeOf, type ObjectCode } from '../coverage/index.js';
import { type Image, InfraError, projectRoot } from '../model/index.js';
import { boxDirs, inBox } from './box.js';
import type { Cache } from './cache.js';
import { runOrFail, tail } from './exec.js';
import { hashFile } from './manifest.js';
import { moduleSources } from './plants.js';
import { keyOf } from './project.js';
import { hostProgram, type Toolbox } from './toolbox.js';

const STEP = 1;
const SOURCE = path.join(projectRoot, 'images', 'coverage.c');
const PLUGIN = 'coverage.so';

/** The path of the plugin. It is for QEMU, so for this host. */
export async function coveragePlugin(cache: Cache, toolbox: Toolbox): Promise<string> {
  const builder = toolbox.key;
  const entry = await cache.entry({
    name: 'coverage-plugin',
    key: keyOf('coverage-plugin', STEP, hashFile(SOURCE), builder),
    build: async (context) => {
      const box = await toolbox.root(builder);
      const { work, mountPoint } = boxDirs(context.scratch);
      await mkdir(work);
      copyFileSync(SOURCE, path.join(work, 'coverage.c'));
      const flags = ['-O2', '-Wall', '-Werror', '-shared', '-fPIC', '-fvisibility=hidden'];
      const command = ['gcc', ...flags, '-o', PLUGIN, 'coverage.c'];
      const result = await inBox(command, { toolbox: box.dir, work, mountPoint, signal: context.signal });
      if (!result.ok) throw new InfraError('the coverage plugin does not build', tail(result.all));
      copyFileSync(path.join(work, PLUGIN), path.join(context.dir, PLUGIN));
      return {};
    },
  });
  return path.join(entry.dir, PLUGIN);
}

export interface ImageCode {
  code: Code;
  /** Of the text of each of our files as it was compiled, by its path. */
  hashes: ReadonlyMap<string, string>;
}

/** The kernel's files that map memory for devices, besides our own. */
const KERNEL_FILES =
  /^(kernel\/dma\/|drivers\/iommu\/|block\/blk-mq-dma\.c$|drivers\/nvme\/host\/pci\.c$|drivers\/pci\/p2pdma\.c$|mm\/gup\.c$|drivers\/dma-buf\/|drivers\/vfio\/)/;

/** Where sources are when they are compiled: the modules' at /box, a kernel's that is built here at /linux. */
function nameOf(file: string): string | undefined {
  const [, where, rest = ''] = /^\/(box|linux)\/(.*)$/.exec(file) ?? [];
  if (where === 'box') return `guest/${rest}`;
  return where === 'linux' && KERNEL_FILES.test(rest) ? rest : undefined;
}

/** All that a guest of this image can run and whose lines are known. A packaged kernel comes without its own. */
export async function codeOfImage(
  { kernel, modules }: Image,
  { toolbox, guest, signal }: { toolbox: string; guest?: string | undefined; signal: AbortSignal },
): Promise<ImageCode> {
  const debug = path.join(modules.dir, 'debug');
  const names = readdirSync(debug).filter((name) => name.endsWith('.ko'));
  const files: [string | undefined, string][] = names
    .sort()
    .map((name) => [path.basename(name, '.ko'), path.join(debug, name)]);
  const prefix = archOf(kernel).build.strip.replace(/strip$/, '');
  const { file: objdump, args } = hostProgram(toolbox, `usr/bin/${prefix}objdump`);
  const objects: ObjectCode[] = [];
  for (const [module, file] of files) {
    const disassembly = await runOrFail(objdump, [...args, '-d', '--no-show-raw-insn', file], {
      what: 'objdump',
      signal,
    });
    objects.push({ module, elf: await readFile(file), disassembly });
  }
  const { files: sources } = moduleSources({ guest, plants: modules.plants });
  const hashes = [...sources].map(([name, text]) => [`guest/${name}`, hashOf(text)] as const);
  return { code: codeOf(modules.key, objects, nameOf), hashes: new Map(hashes) };
}

export function hashOf(text: Buffer): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 16);
}
