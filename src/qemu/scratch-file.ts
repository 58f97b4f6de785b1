/** Files without a name: whatever ends this process and QEMU, the kernel frees them with the last descriptor. */

import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { type FileHandle, open, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { InfraError } from '../model/index.js';

/** From the kernel's uapi; node does not name it. */
const O_TMPFILE = 0o20000000 | constants.O_DIRECTORY;

/** An empty file in `dir` that only its descriptor reaches. The caller closes the handle. */
export async function openNameless(dir: string): Promise<FileHandle> {
  try {
    return await open(dir, O_TMPFILE | constants.O_RDWR, 0o600);
  } catch (error) {
    if (!['EOPNOTSUPP', 'EISDIR', 'EINVAL'].includes((error as NodeJS.ErrnoException).code ?? ''))
      throw new InfraError(`cannot make a temporary file in ${dir}: ${(error as Error).message}`, undefined, {
        cause: error,
      });
  }
  // A file system without O_TMPFILE: the name lives for a moment.
  const path = join(dir, `.phyrlab-${randomBytes(8).toString('hex')}`);
  const handle = await open(path, 'wx+', 0o600);
  await unlink(path);
  return handle;
}
