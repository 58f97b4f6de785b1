/** What coverage needs: QEMU's plugin, built with the toolbox, and the debug information of what a guest can run. */
import { createHash } from 'node:crypto';
import { copyFileSync, readdirSync } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { archOf } from '../arches/index.js';
import { type Code, codeOf, type ObjectCode, wantedSpans } from '../coverage/index.js';
import { type Image, InfraError, messageOf, projectRoot, UsageError } from '../model/index.js';
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

/** Path of the plugin. It runs in QEMU, so it is built for the host. */
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
  /** Hash of the text of each of our files as it was compiled, by path. */
  hashes: ReadonlyMap<string, string>;
}

/** Files of the kernel that map memory for devices. */
const KERNEL_FILES =
  /\/((?:kernel\/dma|drivers\/iommu|drivers\/dma-buf|drivers\/vfio)\/.*|block\/blk-mq-dma\.c|drivers\/nvme\/host\/pci\.c|drivers\/pci\/p2pdma\.c|mm\/gup\.c)$/;

/** The modules are compiled in /box, a kernel anywhere. */
function nameOf(file: string): string | undefined {
  return file.startsWith('/box/') ? `guest/${file.slice('/box/'.length)}` : KERNEL_FILES.exec(file)?.[1];
}

export interface CodeOptions {
  /** Sources to use instead of guest/. */
  guest?: string | undefined;
  /** The kernel with debug information, if it is a separate file. */
  vmlinux?: string | undefined;
}

/**
 * All code that a guest of this image can run and whose lines are known. A packaged kernel has no debug information of
 * its own.
 */
export async function codeOfImage(
  { kernel, modules }: Image,
  { toolbox, guest, vmlinux, signal }: CodeOptions & { toolbox: string; signal: AbortSignal },
): Promise<ImageCode> {
  const prefix = archOf(kernel).build.strip.replace(/strip$/, '');
  const { file: objdump, args } = hostProgram(toolbox, `usr/bin/${prefix}objdump`);
  const disassembled = (file: string, ...only: string[]) =>
    runOrFail(objdump, [...args, '-d', '--no-show-raw-insn', ...only, file], { what: 'objdump', signal });
  const debug = path.join(modules.dir, 'debug');
  const objects: ObjectCode[] = [];
  for (const name of readdirSync(debug)
    .filter((name) => name.endsWith('.ko'))
    .sort()) {
    const file = path.join(debug, name);
    objects.push({
      module: path.basename(name, '.ko'),
      elf: await readFile(file),
      disassembly: await disassembled(file),
    });
  }
  const symbols = await kernelWithLines(kernel, vmlinux);
  if (symbols !== undefined) {
    const { file, elf } = symbols;
    let disassembly = '';
    for (const { from, to } of wantedSpans(elf, nameOf))
      disassembly += await disassembled(file, `--start-address=${from}`, `--stop-address=${to}`);
    objects.push({ module: undefined, elf, disassembly });
  }
  const { files: sources } = moduleSources({ guest, plants: modules.plants });
  const hashes = new Map([...sources].map(([name, text]) => [`guest/${name}`, hashOf(text)]));
  const key = symbols === undefined ? modules.key : `${modules.key}-${kernel.key}`;
  const code = codeOf(key, objects, nameOf);
  // For the kernel's sources no hash is known, only the release.
  for (const { path } of code.files) if (!hashes.has(path)) hashes.set(path, kernel.release);
  return { code, hashes };
}

/** The kernel file with debug information: its own, or the given one if it belongs to this kernel. */
async function kernelWithLines(
  { release, symbols }: Image['kernel'],
  given: string | undefined,
): Promise<{ file: string; elf: Buffer } | undefined> {
  for (const file of [given, symbols]) {
    if (file === undefined) continue;
    const elf = await readFile(file).catch((error) => {
      throw new UsageError(`cannot read ${file}: ${messageOf(error)}`, 'give the vmlinux of the kernel that boots');
    });
    if (elf.includes(`Linux version ${release} `) && elf.includes('.debug_line\0')) return { file, elf };
  }
  return undefined;
}

export function hashOf(text: Buffer): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 16);
}
