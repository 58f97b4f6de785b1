/** What the host does not let us do with files of our own, or has not got: one line for a person, instead of a stack. */
import { statSync } from 'node:fs';
import { dirname } from 'node:path';
import { UsageError } from './errors.js';

/** Files that we may read perhaps, and may not write. */
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
  ELOOP: 'its symbolic links lead nowhere',
  ENAMETOOLONG: 'the path is too long',
  ENOSPC: 'no space left on the disk',
  EDQUOT: 'the disk quota is used up',
  EIO: 'the disk cannot be read or written',
};

const WHERE = 'PHYRLAB_CACHE, and PHYRLAB_RUNS or --runs DIR, name folders of your own, on a disk with room';

/** The error as bad input if a file system or a missing program is what it comes from. */
export function hostFault(error: unknown, hint = WHERE): UsageError | undefined {
  const code = codeOf(error);
  const { path, syscall = '' } = (error ?? {}) as NodeJS.ErrnoException;
  if (code === 'ENOENT' && syscall.startsWith('spawn'))
    return new UsageError(`${path} is not on this host`, 'install it; doctor says which programs are missing', {
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

/** Whose it is, or the folder that it would be in; nothing if it is our own. */
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
