import { createHash } from 'node:crypto';
import { closeSync, lstatSync, lutimesSync, openSync, readSync } from 'node:fs';
import { readdir, readlink } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';

/**
 * The content of a cache entry. Sizes and times are checked at each use, which takes microseconds per file and detects
 * truncated, replaced, edited or removed files. The hashes are for `images build`, which checks every byte, and for a
 * cache that was copied without its times.
 */
export const Manifest = z.array(
  z.strictObject({ path: z.string(), size: z.number(), mtime: z.number(), hash: z.string() }),
);
export type Manifest = z.infer<typeof Manifest>;

/** Lists all files and links below `root`, with their hashes. Empty directories are not listed. */
export async function takeManifest(root: string, signal: AbortSignal): Promise<Manifest> {
  const manifest: Manifest = [];
  for (const item of await readdir(root, { recursive: true, withFileTypes: true })) {
    if (item.isDirectory()) continue;
    signal.throwIfAborted();
    const file = path.join(item.parentPath, item.name);
    const { size, mtimeMs: mtime } = lstatSync(file);
    const hash = item.isSymbolicLink() ? `-> ${await readlink(file)}` : hashFile(file);
    manifest.push({ path: path.relative(root, file), size, mtime, hash });
  }
  return manifest;
}

/** The first difference, or null. `deep` compares contents as well. */
export async function findDamage(root: string, manifest: Manifest, deep: boolean): Promise<string | null> {
  for (const entry of manifest) {
    const file = path.join(root, entry.path);
    const now = lstatSync(file, { throwIfNoEntry: false });
    if (!now) return `${entry.path} is gone`;
    if (now.size !== entry.size) return `${entry.path} has ${now.size} bytes instead of ${entry.size}`;
    const moved = Math.abs(now.mtimeMs - entry.mtime) >= 1;
    if (!deep && !moved) continue;
    const hash = now.isSymbolicLink() ? `-> ${await readlink(file)}` : hashFile(file);
    if (hash !== entry.hash) return moved ? `${entry.path} was changed` : `the contents of ${entry.path} changed`;
    if (moved) setTime(file, entry.mtime);
  }
  return null;
}

/** Makes the next check quick again; not possible in a read-only cache. */
function setTime(file: string, ms: number): void {
  try {
    lutimesSync(file, ms / 1000, ms / 1000);
  } catch {}
}

const buffer = Buffer.allocUnsafe(1 << 20);

/** SHA-256 of a file, read in pieces to save memory. */
export function hashFile(file: string): string {
  const hash = createHash('sha256');
  const fd = openSync(file, 'r');
  try {
    for (let n = readSync(fd, buffer); n > 0; n = readSync(fd, buffer)) hash.update(buffer.subarray(0, n));
  } finally {
    closeSync(fd);
  }
  return hash.digest('hex');
}
