/** A small writer of `newc` archives, which the kernel unpacks at boot. Deterministic: root's files, time 0. */

export interface ArchiveFile {
  /** Where it goes in the guest, absolute. */
  path: string;
  /** Permission bits, e.g. 0o600. */
  mode: number;
  data: string | Uint8Array;
}

const S_IFREG = 0o100000;
const S_IFDIR = 0o040000;

/** The files and the directories above them (0755), parents first. */
export function cpioArchive(files: readonly ArchiveFile[]): Buffer {
  const parts: Buffer[] = [];
  let inode = 1;
  const entry = (name: string, mode: number, data: Uint8Array): void => {
    const header = [inode++, mode, 0, 0, 1, 0, data.length, 0, 0, 0, 0, Buffer.byteLength(name) + 1, 0];
    const head = `070701${header.map((n) => n.toString(16).padStart(8, '0')).join('')}${name}\0`;
    parts.push(pad(Buffer.from(head)), pad(data));
  };
  for (const dir of parents(files)) entry(dir, S_IFDIR | 0o755, Buffer.alloc(0));
  for (const { path, mode, data } of files) entry(relative(path), S_IFREG | mode, Buffer.from(data));
  entry('TRAILER!!!', 0, Buffer.alloc(0));
  return Buffer.concat(parts);
}

function parents(files: readonly ArchiveFile[]): string[] {
  const dirs = new Set<string>();
  for (const { path } of files) {
    const steps = relative(path).split('/').slice(0, -1);
    for (const depth of steps.keys()) dirs.add(steps.slice(0, depth + 1).join('/'));
  }
  return [...dirs].sort();
}

function relative(path: string): string {
  return path.replace(/^\/+/, '');
}

function pad(data: Uint8Array): Buffer {
  return Buffer.concat([data, Buffer.alloc(-data.length & 3)]);
}
