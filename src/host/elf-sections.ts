/** Sections, functions and relocations of modules and kernels. */
import { requireElf, textAt } from './elf-file.js';

export interface ElfSection {
  index: number;
  name: string;
  /** Assigned by the linker; 0 in a module. */
  address: bigint;
  bytes: Buffer;
  executable: boolean;
}

export interface ElfFunction {
  name: string;
  section: number;
  /** An offset in its section for a module, otherwise an address. */
  value: bigint;
}

/** At `offset` of the relocated section goes the address of `addend` in another section. */
export interface ElfRelocation {
  offset: number;
  section: number;
  addend: bigint;
}

export interface Elf {
  sections: readonly ElfSection[];
  functions: readonly ElfFunction[];
  /**
   * Relocations of the section with this index, read on demand: a module has a hundred thousand of them, and few are
   * needed.
   */
  relocations(section: number): ElfRelocation[];
}

const SHT_SYMTAB = 2;
const SHT_RELA = 4;
const SHT_NOBITS = 8;
const SHF_EXECINSTR = 4;
const STT_FUNC = 2;

export function readElf(elf: Buffer): Elf {
  requireElf(elf);
  const table = Number(elf.readBigUInt64LE(40));
  const entry = elf.readUInt16LE(58);
  const headers = Array.from({ length: elf.readUInt16LE(60) }, (_, index) => {
    const at = table + index * entry;
    const [offset, size] = [Number(elf.readBigUInt64LE(at + 24)), Number(elf.readBigUInt64LE(at + 32))];
    const type = elf.readUInt32LE(at + 4);
    return {
      index,
      name: elf.readUInt32LE(at),
      type,
      executable: (elf.readBigUInt64LE(at + 8) & BigInt(SHF_EXECINSTR)) !== 0n,
      address: elf.readBigUInt64LE(at + 16),
      bytes: type === SHT_NOBITS ? Buffer.alloc(0) : elf.subarray(offset, offset + size),
      link: elf.readUInt32LE(at + 40),
      info: elf.readUInt32LE(at + 44),
    };
  });
  const bytesOf = (index: number) => headers[index]?.bytes ?? Buffer.alloc(0);
  const names = bytesOf(elf.readUInt16LE(62));
  const symbols = headers.find(({ type }) => type === SHT_SYMTAB);
  return {
    sections: headers.map((header) => ({ ...header, name: textAt(names, header.name) })),
    functions: symbols === undefined ? [] : functionsIn(symbols.bytes, bytesOf(symbols.link)),
    relocations: (section) =>
      headers
        .filter(({ type, info }) => type === SHT_RELA && info === section)
        .flatMap(({ bytes, link }) => relocationsIn(bytes, bytesOf(link))),
  };
}

function functionsIn(symbols: Buffer, names: Buffer): ElfFunction[] {
  const functions: ElfFunction[] = [];
  for (let at = 0; at + 24 <= symbols.length; at += 24) {
    const section = symbols.readUInt16LE(at + 6);
    if (((symbols[at + 4] ?? 0) & 15) !== STT_FUNC || section === 0) continue;
    functions.push({ name: textAt(names, symbols.readUInt32LE(at)), section, value: symbols.readBigUInt64LE(at + 8) });
  }
  return functions;
}

function relocationsIn(bytes: Buffer, symbols: Buffer): ElfRelocation[] {
  const relocations: ElfRelocation[] = [];
  for (let at = 0; at + 24 <= bytes.length; at += 24) {
    const symbol = bytes.readUInt32LE(at + 12) * 24;
    relocations.push({
      offset: Number(bytes.readBigUInt64LE(at)),
      section: symbols.readUInt16LE(symbol + 6),
      addend: symbols.readBigUInt64LE(symbol + 8) + bytes.readBigInt64LE(at + 16),
    });
  }
  return relocations;
}
