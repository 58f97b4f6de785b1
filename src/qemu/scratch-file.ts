/** Files without a name: the kernel frees them when this process and QEMU have ended, however they end. */

import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { type FileHandle, open, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { InfraError } from '../model/index.js';

/** From the kernel's uapi headers; Node has no name for it. */
const O_TMPFILE = 0o20000000 | constants.O_DIRECTORY;

/** A new file in `dir` that can only be reached by its descriptor. The caller must close it. */
export async function openNameless(dir: string): Promise<FileHandle> {
  try {
    return await open(dir, O_TMPFILE | constants.O_RDWR, 0o600);
  } catch (error) {
    if (!['EOPNOTSUPP', 'EISDIR', 'EINVAL'].includes((error as NodeJS.ErrnoException).code ?? ''))
      throw new InfraError(`cannot make a temporary file in ${dir}: ${(error as Error).message}`, undefined, {
        cause: error,
      });
  }
  // The file system lacks O_TMPFILE, so the name exists for a moment.
  const path = join(dir, `.phyrlab-${randomBytes(8).toString('hex')}`);
  const handle = await open(path, 'wx+', 0o600);
  await unlink(path);
  return handle;
}
