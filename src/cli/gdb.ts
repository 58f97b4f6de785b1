/** What a gdb needs to know about a running guest, as a script of its commands. Pure. */
import { join } from 'node:path';
import { archOf } from '../arches/index.js';
import type { Kernel, Modules } from '../model/index.js';
import type { Sections } from '../run/index.js';

/** Where sources are when modules are built; where they are here is `guest`. */
const BUILT_AT = '/box';

export interface GdbScene {
  kernel: Kernel;
  modules: Modules;
  sections: readonly Sections[];
  /** The Unix socket at which QEMU waits. */
  socket: string;
  /** The folder of our modules' sources. */
  guest: string;
}

/** Kept in a file and read by `gdb -x`, or by `source` in a gdb that is already there. */
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
 * gdb takes where the code is and then where each other section is; it does not want to hear of notes and tables of the kernel's, nor of
 * code that is gone once the module is loaded: another's may be there by now.
 */
function addSymbolFile({ module, sections }: Sections, dir: string): string[] {
  const { '.text': text, ...others } = sections;
  if (text === undefined) return [];
  const rest = Object.entries(others).filter(([name]) => /^\.(data|bss|rodata|exit\.text|text)\b/.test(name));
  return [
    [`add-symbol-file ${join(dir, `${module}.ko`)} ${text}`, ...rest.map((one) => `-s ${one.join(' ')}`)].join(' '),
  ];
}

/** What the debugger will not know. */
export function gdbLacks({ symbols, release }: Kernel): string | undefined {
  if (symbols !== undefined) return undefined;
  return (
    `${release} comes without symbols: gdb knows our modules by source line and nothing of the kernel. ` +
    'A tree of your own (--kernel DIR, with CONFIG_DEBUG_INFO) has them'
  );
}
