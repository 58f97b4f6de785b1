/**
 * A pipe between QEMU and us. What Node calls a pipe is a pair of sockets, in which each single byte takes the room of a packet: 278 of
 * them are all that QEMU can write while we are busy, and of a serial line it drops the rest. This one holds 64 KiB.
 */
import { randomBytes } from 'node:crypto';
import { closeSync, constants, openSync } from 'node:fs';
import { unlink } from 'node:fs/promises';
import { Socket } from 'node:net';
import { join } from 'node:path';
import { execa } from 'execa';
import { InfraError } from '../model/index.js';

export interface Fifo {
  /** Ends when nobody has the other end any more. */
  readonly stream: Socket;
  /** The end for a child, until `release`. */
  readonly writeFd: number;
  /** The child has its own. */
  release(): void;
}

/** Its name in `dir` lives for a moment. Whoever takes it destroys the stream. */
export async function openFifo(dir: string): Promise<Fifo> {
  const path = join(dir, `.phyrlab-${randomBytes(8).toString('hex')}`);
  const made = await execa('mkfifo', ['-m', '600', path], { reject: false });
  if (made.failed) throw new InfraError(`cannot make a pipe in ${dir}: ${made.stderr || made.shortMessage}`);
  try {
    // In this order neither waits for the other.
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
