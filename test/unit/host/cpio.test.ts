import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { type CpioItem, writeCpio } from '../../../src/host/index.js';
import { temporaryDir } from '../images/fixtures.js';

/** Reads `newc` as the kernel's documentation describes it. */
function readCpio(archive: Buffer): { name: string; mode: string; data: string; device: string }[] {
  const items = [];
  for (let at = 0; ; ) {
    const field = (index: number) =>
      Number.parseInt(archive.toString('latin1', at + 6 + index * 8, at + 14 + index * 8), 16);
    expect(archive.toString('latin1', at, at + 6)).toBe('070701');
    const [mode, uid, gid, mtime, size, nameSize] = [field(1), field(2), field(3), field(5), field(6), field(11)];
    expect([uid, gid, mtime]).toEqual([0, 0, 0]);
    const name = archive.toString('latin1', at + 110, at + 110 + nameSize - 1);
    const from = (at + 110 + nameSize + 3) & ~3;
    if (name === 'TRAILER!!!') return items;
    const device = `${field(9)}:${field(10)}`;
    items.push({ name, mode: mode.toString(8), data: archive.toString('latin1', from, from + size), device });
    at = (from + size + 3) & ~3;
  }
}

describe('an archive', () => {
  it('holds what it was given, with the directories, sorted, as root', () => {
    const dir = temporaryDir();
    writeFileSync(path.join(dir, 'input'), 'data!');
    const items: CpioItem[] = [
      { kind: 'file', path: 'b/c/file', mode: 0o755, from: path.join(dir, 'input') },
      { kind: 'link', path: 'b/link', target: 'c/file' },
      { kind: 'text', path: 'a', text: 'x' },
      { kind: 'char', path: 'dev/null', mode: 0o666, major: 1, minor: 3 },
      { kind: 'dir', path: 'tmp', mode: 0o1777 },
    ];
    writeCpio(path.join(dir, 'one'), items);
    writeCpio(path.join(dir, 'two'), items.toReversed());
    const archive = readFileSync(path.join(dir, 'one'));
    expect(readFileSync(path.join(dir, 'two'))).toEqual(archive);
    expect(readCpio(archive)).toEqual([
      { name: 'a', mode: '100644', data: 'x', device: '0:0' },
      { name: 'b', mode: '40755', data: '', device: '0:0' },
      { name: 'b/c', mode: '40755', data: '', device: '0:0' },
      { name: 'b/c/file', mode: '100755', data: 'data!', device: '0:0' },
      { name: 'b/link', mode: '120777', data: 'c/file', device: '0:0' },
      { name: 'dev', mode: '40755', data: '', device: '0:0' },
      { name: 'dev/null', mode: '20666', data: '', device: '1:3' },
      { name: 'tmp', mode: '41777', data: '', device: '0:0' },
    ]);
  });

  it('refuses a path that is there twice', () => {
    const file = path.join(temporaryDir(), 'archive');
    const item: CpioItem = { kind: 'text', path: 'a', text: '' };
    expect(() => writeCpio(file, [item, item])).toThrow('a is in the archive twice');
  });
});
