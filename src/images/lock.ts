import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { messageOf, projectRoot, UsageError } from '../model/index.js';

/** One file of a Debian archive, independent of the mirror. */
export const Package = z.strictObject({
  /** Packages of another architecture than the host's have a suffix: `libc6:arm64`. */
  name: z.string().regex(/^[a-z0-9][a-z0-9.+-]+(:[a-z0-9]+)?$/),
  version: z.string().regex(/^[0-9][A-Za-z0-9.+:~-]*$/),
  /** `source`: the upstream archive of a source package. */
  kind: z.enum(['binary', 'source']),
  /** Relative to the root of the archive. */
  path: z
    .string()
    .regex(/^pool\/[A-Za-z0-9.+~_/-]+$/)
    .refine((value) => !value.split('/').includes('..'), 'must stay below pool/'),
  size: z.int().positive(),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
});
export type Package = z.infer<typeof Package>;

export const Lock = z
  .strictObject({ schema: z.literal(1), group: z.string(), packages: z.array(Package).min(1) })
  .superRefine((lock, context) => {
    const seen = new Set<string>();
    for (const { name, kind } of lock.packages) {
      if (seen.has(`${kind} ${name}`)) context.addIssue({ code: 'custom', message: `${name} is locked twice` });
      seen.add(`${kind} ${name}`);
    }
  });
export type Lock = z.infer<typeof Lock>;

export function lockFile(group: string): string {
  return path.join(projectRoot, 'images', `${group}.lock.json`);
}

export function readLock(group: string, file = lockFile(group)): Lock {
  try {
    const lock = Lock.parse(JSON.parse(readFileSync(file, 'utf8')));
    if (lock.group !== group) throw new Error(`it locks '${lock.group}'`);
    return lock;
  } catch (error) {
    const what = error instanceof z.ZodError ? z.prettifyError(error).replaceAll('\n', ' ') : messageOf(error);
    throw new UsageError(`lock file ${file} is not valid: ${what}`, `phyrlab images update ${group}`, { cause: error });
  }
}

export async function writeLock(lock: Lock, file = lockFile(lock.group)): Promise<void> {
  await writeFile(file, `${JSON.stringify(Lock.parse(lock), null, 1)}\n`);
}

/** Identifies exactly these files, in any order. */
export function packagesKey(packages: readonly Package[]): string {
  const sums = packages.map((p) => p.sha256).sort();
  return createHash('sha256').update(sums.join('\n')).digest('hex').slice(0, 16);
}

/** Differences between the locked packages and those used instead, one line each: `gcc-14 14.2.0-19 -> 14.2.0-20`. */
export function differences(locked: readonly Package[], taken: readonly Package[]): string[] {
  const id = (p: Package) => `${p.kind} ${p.name}`;
  const now = new Map(taken.map((p) => [id(p), p]));
  const before = new Map(locked.map((p) => [id(p), p]));
  const lines: string[] = [];
  for (const p of locked) {
    const other = now.get(id(p));
    if (!other) lines.push(`${p.name} ${p.version} -> none`);
    else if (other.version !== p.version) lines.push(`${p.name} ${p.version} -> ${other.version}`);
    else if (other.sha256 !== p.sha256) lines.push(`${p.name} ${p.version} -> other contents`);
  }
  for (const p of taken) if (!before.has(id(p))) lines.push(`${p.name} none -> ${p.version}`);
  return lines;
}
