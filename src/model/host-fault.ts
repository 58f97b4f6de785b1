/** Faults of the host (no permission, no space, a missing program) as one line for the user instead of a stack trace. */
import { statSync } from 'node:fs';
import { dirname } from 'node:path';
import { UsageError } from './errors.js';

/** Does the host deny writing? */
export function isDenied(error: unknown): boolean {
  return ['EACCES', 'EPERM', 'EROFS'].includes(codeOf(error));
}

const STORAGE: Record<string, string> = {
  EACCES: 'permission denied',
  EPERM: 'not permitted',
  EROFS: 'the file system is read-only',
  ENOTDIR: 'a part of the path is not a folder',
  EEXIST: 'a file is where a folder should be',
  EISDIR: 'a folder is where a file should be',
  ELOOP: 'its symbolic links form a loop',
  ENAMETOOLONG: 'the path is too long',
  ENOSPC: 'no space left on the disk',
  EDQUOT: 'the disk quota is used up',
  EIO: 'the disk cannot be read or written',
};

const WHERE = 'to use other folders, set PHYRLAB_CACHE, and PHYRLAB_RUNS or --runs DIR';

/** Turns an error of a file system or a missing program into a UsageError. */
export function hostFault(error: unknown, hint = WHERE): UsageError | undefined {
  const code = codeOf(error);
  const { path, syscall = '' } = (error ?? {}) as NodeJS.ErrnoException;
  if (code === 'ENOENT' && syscall.startsWith('spawn'))
    return new UsageError(`${path} is not installed on this host`, 'install it; doctor lists the missing programs', {
      cause: error,
    });
  const what = STORAGE[code];
  if (what === undefined) return undefined;
  const owner = path !== undefined && isDenied(error) ? strangerOf(path) : '';
  return new UsageError(`${path === undefined ? 'cannot write' : `cannot use ${path}`}: ${what}${owner}`, hint, {
    cause: error,
  });
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}

/** Who owns the path, or the existing folder above it; empty if we do. */
function strangerOf(path: string): string {
  for (let at = path; ; at = dirname(at)) {
    try {
      const { uid } = statSync(at);
      return uid === process.getuid?.()
        ? ''
        : ` (${at === path ? 'it' : at} belongs to ${uid === 0 ? 'root' : `user ${uid}`})`;
    } catch {
      if (at === dirname(at)) return '';
    }
  }
}
