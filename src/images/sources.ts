import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { InfraError, projectRoot } from '../model/index.js';
import { keyOf } from './project.js';

/** Input of a build step. */
export interface Sources {
  /** By path below guest/, sorted. */
  files: ReadonlyMap<string, Buffer>;
  key: string;
}

/** Sources of everything that guests run. */
export const guestFolder = path.join(projectRoot, 'guest');

/** Build results and documentation. Editing them rebuilds nothing. */
const NO_SOURCE = /\.(o|ko|mod|mod\.c|cmd|a|order|symvers|d|md)$|^\.|~$/;

/** The files in these parts of guest/, without those that nothing is built from. */
export function guestSources(parts: readonly string[], root = guestFolder): Sources {
  const files = parts.flatMap((part) => listFiles(root, part));
  if (files.length === 0) throw new InfraError(`nothing to build in guest/: ${parts.join(', ')}`);
  return sourcesOf(new Map(files.map((file) => [file, readFileSync(path.join(root, file))])));
}

export function sourcesOf(content: ReadonlyMap<string, Buffer>): Sources {
  const files = new Map([...content].sort(([a], [b]) => (a < b ? -1 : 1)));
  const hashes = [...files].map(([file, text]) => [file, createHash('sha256').update(text).digest('hex')]);
  return { files, key: keyOf(hashes) };
}

/** The parts that modules are built from: everything in guest/ that Kbuild descends into. */
export function moduleParts(root = guestFolder): string[] {
  const directories = readdirSync(root, { withFileTypes: true }).filter((item) => item.isDirectory());
  const modules = directories.map((item) => item.name).filter((name) => existsSync(path.join(root, name, 'Kbuild')));
  return ['Kbuild', 'include', ...modules];
}

/** Leaves equal files alone, so that they keep their time for make. */
export function copySources(sources: Sources, to: string): void {
  for (const [file, content] of sources.files) {
    const at = path.join(to, file);
    if (existsSync(at) && content.equals(readFileSync(at))) continue;
    mkdirSync(path.dirname(at), { recursive: true });
    writeFileSync(at, content);
  }
}

/** The sources in a folder that may contain build results. */
export function sourcesIn(folder: string): string[] {
  return listFiles(folder, '.');
}

function listFiles(root: string, part: string): string[] {
  const at = path.join(root, part);
  if (!existsSync(at)) return [];
  if (!statSync(at).isDirectory()) return [part];
  return readdirSync(at, { recursive: true, withFileTypes: true })
    .filter((item) => item.isFile() && !NO_SOURCE.test(item.name))
    .map((item) => path.relative(root, path.join(item.parentPath, item.name)));
}
