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
const paths = async (...args: Parameters<typeof payloadOf>) => (await payloadOf(...args)).map(({ path }) => path);
const program = process.execPath;

it('files and folders go where they are told, with their modes', async () => {
  mkdirSync(join(folder, 'data/more'), { recursive: true });
  writeFileSync(join(folder, 'data/more/a'), 'x');
  const script = file('t.sh', '#!/bin/sh\n', 0o755);
  const files = await payloadOf(
    [
      { from: join(folder, 'data'), to: '/work/data' },
      { from: script, to: '/work/t.sh' },
    ],
    guest,
  );
  expect(files.map(({ path, mode }) => [path, mode & 0o700])).toEqual([
    ['/work/data/more/a', 0o600],
    ['/work/t.sh', 0o700],
  ]);
});

it('a program brings the libraries that the guest lacks, and those that these need', async () => {
  const found = await paths([{ from: program, to: '/work/node' }], guest);
  expect(found[0]).toBe('/work/node');
  expect(found).toContain('/work/lib/libm.so.6');
  expect(found).not.toContain('/work/lib/libc.so.6');
  expect(found.every((path) => path === '/work/node' || path.startsWith('/work/lib/'))).toBe(true);
});

it('a script brings its interpreter, also by env; one that the guest has stays out', async () => {
  for (const line of ['#!/usr/bin/bash -e', '#!/usr/bin/env bash'])
    expect(await paths([{ from: file('t', `${line}\n`, 0o755), to: '/work/t' }], guest)).toContainEqual(
      expect.stringMatching(/^\/(usr\/)?bin\/bash$/),
    );
  expect(await paths([{ from: file('t', '#!/bin/sh\n', 0o755), to: '/work/t' }], guest)).toEqual(['/work/t']);
  expect(
    await paths([{ from: file('u', '#!/bin/bash\n'), to: '/work/u', program: true }], {
      ...guest,
      libraries: new Set(['libc.so.6', 'libtinfo.so.6']),
    }),
  ).toEqual(['/work/u', '/bin/bash']);
});

it('what cannot run in the guest is refused in one line', async () => {
  const refused = (from: string, changes: Partial<GuestSystem> = {}) =>
    payloadOf([{ from, to: '/work/x' }], { ...guest, ...changes });
  const other = archOf({ arch: 'aarch64' }).build;
  await expect(refused(program, { build: other })).rejects.toThrow(/another architecture than the guest's, aarch64/);
  await expect(refused(program, { glibc: [2, 1] })).rejects.toThrow(/needs glibc 2\.\d+, and the guest has 2\.1: link/);
  await expect(refused(join(folder, 'none'))).rejects.toThrow(/none is not there/);
  await expect(refused(file('p', '#!/usr/bin/env no-such-language\n', 0o755))).rejects.toThrow(
    /needs no-such-language, which neither the guest nor this host has/,
  );
  symlinkSync('/dev/null', join(folder, 'null'));
  await expect(refused(join(folder, 'null'))).rejects.toThrow(/neither a file nor a folder/);
});

it('a script that nobody runs needs no interpreter', async () => {
  expect(await paths([{ from: file('u', '#!/usr/bin/env no-such-language\n'), to: '/work/u' }], guest)).toEqual([
    '/work/u',
  ]);
});
