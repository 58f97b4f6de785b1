/** What the harness reads of programs: the libraries that a program needs, and the names of a multi-call program. */
import { existsSync, readFileSync, realpathSync } from 'node:fs';
import path from 'node:path';
import { InfraError } from '../model/index.js';
import { isElf, requireElf, textAt } from './elf-file.js';

const PT_LOAD = 1;
const PT_DYNAMIC = 2;
const PT_INTERP = 3;
const DT_NULL = 0n;
const DT_NEEDED = 1n;
const DT_STRTAB = 5n;

/** Names of the shared libraries that a 64-bit little-endian file asks for; none of a static one. */
export function neededLibraries(elf: Buffer): string[] {
  requireElf(elf);
  const headers = programHeaders(elf);
  const dynamic = headers.find(({ type }) => type === PT_DYNAMIC);
  if (!dynamic) return [];
  const needed: number[] = [];
  let strings = 0;
  for (let at = dynamic.offset; at < dynamic.offset + dynamic.size; at += 16) {
    const tag = elf.readBigInt64LE(at);
    if (tag === DT_NULL) break;
    if (tag === DT_NEEDED) needed.push(Number(elf.readBigUInt64LE(at + 8)));
    if (tag === DT_STRTAB) strings = Number(elf.readBigUInt64LE(at + 8));
  }
  const home = headers.find(
    ({ type, address, size }) => type === PT_LOAD && strings >= address && strings < address + size,
  );
  if (!home) throw new InfraError('an ELF file without its strings');
  return needed.map((name) => textAt(elf, home.offset + strings - home.address + name));
}

/** What a guest must have to run a program. */
export interface ElfFacts {
  /** e_machine. */
  machine: number;
  /** Path of the dynamic loader; none of a static program. */
  loader: string | undefined;
  libraries: string[];
  /** The newest version of glibc whose symbols it uses, e.g. [2, 38]. */
  glibc: [number, number] | undefined;
}

/** `undefined`: it is not a 64-bit little-endian ELF file. */
export function elfFacts(bytes: Buffer): ElfFacts | undefined {
  if (!isElf(bytes)) return undefined;
  const interpreter = programHeaders(bytes).find(({ type }) => type === PT_INTERP);
  // The names of versions stand among the strings of the symbols, and nothing else looks like them.
  const versions = [...bytes.toString('latin1').matchAll(/\0GLIBC_(\d+)\.(\d+)(?=[.\d]*\0)/g)]
    .map(([, major, minor]): [number, number] => [Number(major), Number(minor)])
    .sort(([a, b], [c, d]) => c - a || d - b);
  return {
    machine: bytes.readUInt16LE(18),
    loader: interpreter && textAt(bytes, interpreter.offset),
    libraries: neededLibraries(bytes),
    glibc: interpreter && versions[0],
  };
}

/** The files of all libraries that a program needs, and these in turn; `dir` has them all. */
export function libraryClosure(program: string, dir: string): string[] {
  const found = new Map<string, string>();
  const add = (file: string): void => {
    for (const name of neededLibraries(readFileSync(file))) {
      if (found.has(name)) continue;
      const library = path.join(dir, name);
      if (!existsSync(library))
        throw new InfraError(`${path.basename(file)} needs ${name}, which none of the packages holds`);
      found.set(name, library);
      add(realpathSync(library));
    }
  };
  add(program);
  return [...found.values()];
}

/** Busybox's table of applet names: they lie one behind the other, `[` and `[[` first, and an empty one ends them. */
export function busyboxApplets(busybox: Buffer): string[] {
  let at = busybox.indexOf('[\0[[\0', 0, 'latin1');
  if (at < 0) throw new InfraError('busybox without a table of its applets');
  const names: string[] = [];
  for (let name = textAt(busybox, at); name !== ''; name = textAt(busybox, at)) {
    names.push(name);
    at += name.length + 1;
  }
  return names;
}

function programHeaders(elf: Buffer) {
  return Array.from({ length: elf.readUInt16LE(56) }, (_, i) => {
    const at = Number(elf.readBigUInt64LE(32)) + i * elf.readUInt16LE(54);
    const word = (offset: number) => Number(elf.readBigUInt64LE(at + offset));
    return { type: elf.readUInt32LE(at), offset: word(8), address: word(16), size: word(32) };
  });
}
