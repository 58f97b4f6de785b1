import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** The checkout that this code belongs to: recipes, lock files and guest sources are read from it. */
export const projectRoot: string = findRoot(path.dirname(fileURLToPath(import.meta.url)));

function findRoot(from: string): string {
  for (let dir = from; ; dir = path.dirname(dir)) {
    if (existsSync(path.join(dir, 'package.json')) && existsSync(path.join(dir, 'images'))) return dir;
    if (dir === path.dirname(dir)) throw new Error(`no project root above ${from}`);
  }
}

/** The key of anything that is determined by these inputs: 16 hex digits of the SHA-256 of their JSON. */
export function keyOf(...inputs: unknown[]): string {
  return createHash('sha256').update(JSON.stringify(inputs)).digest('hex').slice(0, 16);
}
