import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { archOf } from '../../../src/arches/index.js';
import { type GuestSystem, payloadOf } from '../../../src/guest/index.js';

const { build } = archOf({ arch: 'x86_64' });
const guest: GuestSystem = {
  build,
  libraries: new Set(['libc.so.6']),
  glibc: [2, 99],
  programs: new Set(['sh']),
};

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'phyrlab-test-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

function file(name: string, text: string, mode = 0o644): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  chmodSync(path, mode);
  return path;
}
const payload = (given: Parameters<typeof payloadOf>[0], system = guest) => payloadOf(given, system, '/lib-of-it');
const paths = async (...args: Parameters<typeof payload>) => (await payload(...args)).map(({ path }) => path);
const program = process.execPath;

it('files and folders go where they are told, with their modes', async () => {
  mkdirSync(join(folder, 'data/more'), { recursive: true });
  writeFileSync(join(folder, 'data/more/a'), 'x');
  const script = file('t.sh', '#!/bin/sh\n', 0o755);
  const files = await payload(
    [
      { from: join(folder, 'data'), to: '/files/data' },
      { from: script, to: '/files/t.sh' },
    ],
    guest,
  );
  expect(files.map(({ path, mode }) => [path, mode & 0o700])).toEqual([
    ['/files/data/more/a', 0o600],
    ['/files/t.sh', 0o700],
  ]);
});

it('a program brings the libraries that the guest lacks, and those that these need', async () => {
  const found = await paths([{ from: program, to: '/files/node' }], guest);
  expect(found[0]).toBe('/files/node');
  expect(found).toContain('/lib-of-it/libm.so.6');
  expect(found).not.toContain('/lib-of-it/libc.so.6');
  expect(found.every((path) => path === '/files/node' || path.startsWith('/lib-of-it/'))).toBe(true);
});

it('a script brings its interpreter, also by env; one that the guest has stays out', async () => {
  for (const line of ['#!/usr/bin/bash -e', '#!/usr/bin/env bash'])
    expect(await paths([{ from: file('t', `${line}\n`, 0o755), to: '/files/t' }], guest)).toContainEqual(
      expect.stringMatching(/^\/(usr\/)?bin\/bash$/),
    );
  expect(await paths([{ from: file('t', '#!/bin/sh\n', 0o755), to: '/files/t' }], guest)).toEqual(['/files/t']);
  expect(
    await paths([{ from: file('u', '#!/bin/bash\n'), to: '/files/u', program: true }], {
      ...guest,
      libraries: new Set(['libc.so.6', 'libtinfo.so.6']),
    }),
  ).toEqual(['/files/u', '/bin/bash']);
});

it('what cannot run in the guest is refused in one line', async () => {
  const refused = (from: string, changes: Partial<GuestSystem> = {}) =>
    payload([{ from, to: '/files/x' }], { ...guest, ...changes });
  const other = archOf({ arch: 'aarch64' }).build;
  await expect(refused(program, { build: other })).rejects.toThrow(/not built for the guest's architecture, aarch64/);
  await expect(refused(program, { glibc: [2, 1] })).rejects.toThrow(/needs glibc 2\.\d+, but the guest has 2\.1: link/);
  await expect(refused(join(folder, 'none'))).rejects.toThrow(/none does not exist/);
  await expect(refused(file('p', '#!/usr/bin/env no-such-language\n', 0o755))).rejects.toThrow(
    /needs no-such-language, which neither the guest nor this host has/,
  );
  symlinkSync('/dev/null', join(folder, 'null'));
  await expect(refused(join(folder, 'null'))).rejects.toThrow(/neither a file nor a folder/);
});

it('a script that nobody runs needs no interpreter', async () => {
  expect(await paths([{ from: file('u', '#!/usr/bin/env no-such-language\n'), to: '/files/u' }], guest)).toEqual([
    '/files/u',
  ]);
});
