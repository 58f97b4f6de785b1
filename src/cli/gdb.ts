/** A gdb script that describes a running guest. */
import { join } from 'node:path';
import { archOf } from '../arches/index.js';
import type { Kernel, Modules } from '../model/index.js';
import type { Sections } from '../run/index.js';

/** The folder in which modules are built. gdb maps it to `guest`, where the sources are here. */
const BUILT_AT = '/box';

export interface GdbScene {
  kernel: Kernel;
  modules: Modules;
  sections: readonly Sections[];
  /** The Unix socket of QEMU's gdb stub. */
  socket: string;
  /** The folder with the sources of our modules. */
  guest: string;
}

/** For `gdb -x FILE`, or for `source FILE` in a gdb that already runs. */
export function gdbScript({ kernel, modules, sections, socket, guest }: GdbScene): string {
  const { symbols, arch } = kernel;
  return [
    'set confirm off',
    'set pagination off',
    `set architecture ${archOf({ arch }).gdb}`,
    `set substitute-path ${BUILT_AT} ${guest}`,
    ...(symbols === undefined ? [] : [`symbol-file ${symbols}`]),
    ...sections.flatMap((one) => addSymbolFile(one, join(modules.dir, 'debug'))),
    `target remote ${socket}`,
    '',
  ].join('\n');
}

/**
 * gdb takes the address of the code, then those of the other sections. Notes and the kernel's tables are of no use to it. Init sections are
 * left out because their memory is freed once the module is loaded, and other code may be there by now.
 */
function addSymbolFile({ module, sections }: Sections, dir: string): string[] {
  const { '.text': text, ...others } = sections;
  if (text === undefined) return [];
  const rest = Object.entries(others).filter(([name]) => /^\.(data|bss|rodata|exit\.text|text)\b/.test(name));
  return [
    [`add-symbol-file ${join(dir, `${module}.ko`)} ${text}`, ...rest.map((one) => `-s ${one.join(' ')}`)].join(' '),
  ];
}

/** What gdb will not know, as a sentence for the user. */
export function gdbLacks({ symbols, release }: Kernel): string | undefined {
  if (symbols !== undefined) return undefined;
  return (
    `${release} has no symbols here: gdb knows our modules by source line, but nothing of the kernel. ` +
    'Use a build tree of your own (--kernel DIR, with CONFIG_DEBUG_INFO) to have them'
  );
}
