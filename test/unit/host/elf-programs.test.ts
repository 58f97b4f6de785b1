import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { busyboxApplets, libraryClosure, neededLibraries } from '../../../src/host/elf-programs.js';
import { temporaryDir } from '../images/fixtures.js';

/** A file of one loaded segment, mapped at 0x10000, and the dynamic section in it. */
function elf(needed: readonly string[], dynamic = true): Buffer {
  const file = Buffer.alloc(0x1000);
  file.writeUInt32BE(0x7f454c46, 0);
  file.set([2, 1], 4);
  file.writeBigUInt64LE(64n, 32);
  file.writeUInt16LE(56, 54);
  file.writeUInt16LE(dynamic ? 2 : 1, 56);
  const header = (at: number, type: number, offset: number, size: number) => {
    file.writeUInt32LE(type, at);
    file.writeBigUInt64LE(BigInt(offset), at + 8);
    file.writeBigUInt64LE(BigInt(0x10000 + offset), at + 16);
    file.writeBigUInt64LE(BigInt(size), at + 32);
  };
  header(64, 1, 0, 0x1000);
  if (dynamic) header(120, 2, 0x200, 16 * (needed.length + 2));
  let at = 0x200;
  let name = 1;
  const entry = (tag: bigint, value: bigint) => {
    file.writeBigInt64LE(tag, at);
    file.writeBigUInt64LE(value, at + 8);
    at += 16;
  };
  for (const library of needed) {
    entry(1n, BigInt(name));
    name += file.write(library, 0x800 + name, 'latin1') + 1;
  }
  entry(5n, 0x10800n);
  return file;
}

it('what a program needs is read off its dynamic section', () => {
  expect(neededLibraries(elf(['libz.so.1', 'libc.so.6']))).toEqual(['libz.so.1', 'libc.so.6']);
  expect(neededLibraries(elf([], false))).toEqual([]);
  expect(() => neededLibraries(Buffer.from('#!/bin/sh\n'))).toThrow('not a 64-bit little-endian ELF file');
});

it('libraries come with those that they need', () => {
  const dir = temporaryDir();
  const lib = path.join(dir, 'lib');
  mkdirSync(lib);
  writeFileSync(path.join(dir, 'program'), elf(['liba.so', 'libc.so']));
  writeFileSync(path.join(lib, 'liba.so'), elf(['libb.so', 'libc.so']));
  writeFileSync(path.join(lib, 'libb.so'), elf(['libc.so']));
  expect(() => libraryClosure(path.join(dir, 'program'), lib)).toThrow('needs libc.so, which no package contains');
  writeFileSync(path.join(lib, 'libc.so'), elf([]));
  const names = libraryClosure(path.join(dir, 'program'), lib).map((file) => path.basename(file));
  expect(names.sort()).toEqual(['liba.so', 'libb.so', 'libc.so']);
});

it("busybox' table of applets ends where a name is empty", () => {
  const table = Buffer.from('junk [\0[[\0acpid\0ash\0zcip\0\0more\0', 'latin1');
  expect(busyboxApplets(table)).toEqual(['[', '[[', 'acpid', 'ash', 'zcip']);
  expect(() => busyboxApplets(Buffer.from('nothing'))).toThrow('no table');
});
