/**
 * A pipe between QEMU and us. What Node calls a pipe is a pair of sockets, where every byte may occupy a whole packet:
 * QEMU could write only 278 of them while we are busy, and drops what does not fit on a serial line. This one holds 64
 * KiB.
 */
import { randomBytes } from 'node:crypto';
import { closeSync, constants, openSync } from 'node:fs';
import { unlink } from 'node:fs/promises';
import { Socket } from 'node:net';
import { join } from 'node:path';
import { execa } from 'execa';
import { InfraError } from '../model/index.js';

export interface Fifo {
  /** Ends when nobody has the other end open any more. */
  readonly stream: Socket;
  /** The write end for a child process; open until `release()`. */
  readonly writeFd: number;
  /** Closes our copy of the write end, once the child has its own. */
  release(): void;
}

/** The name in `dir` exists only for a moment. The caller must destroy the stream. */
export async function openFifo(dir: string): Promise<Fifo> {
  const path = join(dir, `.phyrlab-${randomBytes(8).toString('hex')}`);
  const made = await execa('mkfifo', ['-m', '600', path], { reject: false });
  if (made.failed) throw new InfraError(`cannot make a pipe in ${dir}: ${made.stderr || made.shortMessage}`);
  try {
    // In this order neither open() blocks.
    const readFd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const stream = new Socket({ fd: readFd, readable: true, writable: false });
    const writeFd = openSync(path, constants.O_WRONLY);
    let released = false;
    return {
      stream,
      writeFd,
      release() {
        if (!released) closeSync(writeFd);
        released = true;
      },
    };
  } finally {
    await unlink(path);
  }
}
