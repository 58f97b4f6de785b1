import { closeSync, openSync, readFileSync, writeSync } from 'node:fs';

/** An entry of an initramfs. Everything belongs to root and has the time 0, so the same input gives the same bytes. */
export type CpioItem =
  | { kind: 'dir'; path: string; mode?: number }
  | { kind: 'file'; path: string; mode: number; from: string }
  | { kind: 'text'; path: string; mode?: number; text: string }
  | { kind: 'data'; path: string; mode: number; data: Uint8Array }
  | { kind: 'link'; path: string; target: string }
  | { kind: 'char'; path: string; mode: number; major: number; minor: number };

const S_IFMT = {
  dir: 0o040000,
  file: 0o100000,
  text: 0o100000,
  data: 0o100000,
  link: 0o120000,
  char: 0o020000,
} as const;

/** Writes an archive to a new file. */
export function writeCpio(file: string, items: readonly CpioItem[]): void {
  const fd = openSync(file, 'wx');
  try {
    for (const part of cpioParts(items)) writeAll(fd, part);
  } finally {
    closeSync(fd);
  }
}

/** A small archive in memory. */
export function cpioArchive(items: readonly CpioItem[]): Buffer {
  return Buffer.concat([...cpioParts(items)]);
}

/** A `newc` archive, sorted by path, with the directories that the items need. Throws if a path occurs twice. */
function* cpioParts(items: readonly CpioItem[]): Generator<Buffer> {
  const byPath = new Map<string, CpioItem>();
  for (const item of items) {
    for (let dir = parent(item.path); dir && !byPath.has(dir); dir = parent(dir))
      byPath.set(dir, { kind: 'dir', path: dir });
    const there = byPath.get(item.path);
    if (there && !(there.kind === 'dir' && item.kind === 'dir'))
      throw new Error(`${item.path} is in the archive twice`);
    byPath.set(item.path, item);
  }
  let ino = 1;
  for (const item of [...byPath.values()].sort((a, b) => (a.path < b.path ? -1 : 1))) yield* entry(item, ino++);
  yield* entry({ kind: 'text', path: 'TRAILER!!!', mode: 0, text: '' }, 0);
}

function* entry(item: CpioItem, ino: number): Generator<Buffer> {
  const data = contents(item);
  const name = Buffer.from(`${item.path}\0`);
  const [major, minor] = item.kind === 'char' ? [item.major, item.minor] : [0, 0];
  const links = item.kind === 'dir' ? 2 : 1;
  const type = item.path === 'TRAILER!!!' ? 0 : S_IFMT[item.kind];
  const fields = [ino, type | permissions(item), 0, 0, links, 0, data.length, 0, 0, major, minor, name.length, 0];
  const header = Buffer.from(`070701${fields.map((n) => n.toString(16).padStart(8, '0')).join('')}`);
  yield padded(Buffer.concat([header, name]));
  yield padded(data);
}

function permissions(item: CpioItem): number {
  if (item.kind === 'link') return 0o777;
  return item.mode ?? (item.kind === 'dir' ? 0o755 : 0o644);
}

function contents(item: CpioItem): Buffer {
  if (item.kind === 'file') return readFileSync(item.from);
  if (item.kind === 'text') return Buffer.from(item.text);
  if (item.kind === 'data') return Buffer.from(item.data);
  return Buffer.from(item.kind === 'link' ? item.target : '');
}

function padded(data: Buffer): Buffer {
  const over = data.length % 4;
  return over === 0 ? data : Buffer.concat([data, Buffer.alloc(4 - over)]);
}

function writeAll(fd: number, data: Buffer): void {
  for (let at = 0; at < data.length; ) at += writeSync(fd, data, at);
}

function parent(path: string): string {
  const slash = path.lastIndexOf('/');
  return slash < 0 ? '' : path.slice(0, slash);
}
