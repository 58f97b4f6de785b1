/** The little that is asked of ELF files, of any architecture: what programs need, and what a multi-call program can be called. */
import { existsSync, readFileSync, realpathSync } from 'node:fs';
import path from 'node:path';
import { InfraError } from '../model/index.js';

const PT_LOAD = 1;
const PT_DYNAMIC = 2;
const DT_NULL = 0n;
const DT_NEEDED = 1n;
const DT_STRTAB = 5n;

/** Names of the shared libraries that a 64-bit little-endian file asks for; none of a static one. */
export function neededLibraries(elf: Buffer): string[] {
  if (elf.length < 64 || elf.readUInt32BE(0) !== 0x7f454c46 || elf[4] !== 2 || elf[5] !== 1)
    throw new InfraError('not a 64-bit little-endian ELF file');
  const headers = Array.from({ length: elf.readUInt16LE(56) }, (_, i) => {
    const at = Number(elf.readBigUInt64LE(32)) + i * elf.readUInt16LE(54);
    const word = (offset: number) => Number(elf.readBigUInt64LE(at + offset));
    return { type: elf.readUInt32LE(at), offset: word(8), address: word(16), size: word(32) };
  });
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

function textAt(bytes: Buffer, at: number): string {
  return bytes.toString('latin1', at, bytes.indexOf(0, at));
}
