/** Reads programs: the libraries that one needs, and the applets of busybox. */
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

/** Names of the shared libraries that an ELF file needs; empty for a static program. */
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
  if (!home) throw new InfraError('the ELF file has no string table');
  return needed.map((name) => textAt(elf, home.offset + strings - home.address + name));
}

/** What a program needs from the guest. */
export interface ElfFacts {
  /** e_machine. */
  machine: number;
  /** Path of the dynamic loader; undefined for a static program. */
  loader: string | undefined;
  libraries: string[];
  /** The newest glibc version whose symbols it uses, e.g. [2, 38]. */
  glibc: [number, number] | undefined;
}

/** `undefined`: not a 64-bit little-endian ELF file. */
export function elfFacts(bytes: Buffer): ElfFacts | undefined {
  if (!isElf(bytes)) return undefined;
  const interpreter = programHeaders(bytes).find(({ type }) => type === PT_INTERP);
  // Version names are among the strings of the symbols, and nothing else has this form.
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

/** The files of all libraries that a program needs, directly or indirectly. `dir` contains them all. */
export function libraryClosure(program: string, dir: string): string[] {
  const found = new Map<string, string>();
  const add = (file: string): void => {
    for (const name of neededLibraries(readFileSync(file))) {
      if (found.has(name)) continue;
      const library = path.join(dir, name);
      if (!existsSync(library)) throw new InfraError(`${path.basename(file)} needs ${name}, which no package contains`);
      found.set(name, library);
      add(realpathSync(library));
    }
  };
  add(program);
  return [...found.values()];
}

/** Busybox's table of applet names: consecutive strings that begin with `[` and `[[` and end with an empty one. */
export function busyboxApplets(busybox: Buffer): string[] {
  let at = busybox.indexOf('[\0[[\0', 0, 'latin1');
  if (at < 0) throw new InfraError('busybox has no table of applets');
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
