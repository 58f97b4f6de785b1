import { spawn } from 'node:child_process';
import { type FileHandle, open, rm, stat } from 'node:fs/promises';
import { InfraError, onAbort } from '../model/index.js';

const BUSY = 75;

/**
 * A lock between processes that the kernel releases when its holder ends, however it ends: flock(2) on our file
 * descriptor. Node has no flock, so util-linux's `flock` takes the lock on our open file description, where it stays
 * after the child has ended. The lock counts only while the file has its name, so that a holder can remove the file
 * when nobody needs it any more.
 */
export class FileLock implements AsyncDisposable {
  readonly #handle: FileHandle;
  readonly #file: string;
  private constructor(handle: FileHandle, file: string) {
    this.#handle = handle;
    this.#file = file;
  }

  /** Returns null if another process holds the lock. Never waits. */
  static async tryAcquire(file: string): Promise<FileLock | null> {
    return FileLock.#take(file, ['-n', '-E', String(BUSY)], undefined);
  }

  /** Waits for the lock; `onWait` is called once if it has to wait. */
  static async acquire(file: string, options: { signal: AbortSignal; onWait: () => void }): Promise<FileLock> {
    const free = await FileLock.tryAcquire(file);
    if (free) return free;
    options.onWait();
    const lock = await FileLock.#take(file, [], options.signal);
    if (!lock) throw new InfraError(`cannot lock ${file}`);
    return lock;
  }

  static async #take(file: string, flags: string[], signal: AbortSignal | undefined): Promise<FileLock | null> {
    for (;;) {
      const handle = await open(file, 'a');
      try {
        const code = await exitCode('flock', [...flags, '0'], handle.fd, signal);
        signal?.throwIfAborted();
        if (code === 0 && (await isStill(handle, file))) return new FileLock(handle, file);
        if (code !== 0 && code !== BUSY) throw new InfraError(`cannot lock ${file}: flock ended with ${code}`);
        if (code === BUSY) {
          await handle.close();
          return null;
        }
      } catch (error) {
        await handle.close();
        throw error;
      }
      // The holder has removed the file, so this is another lock by now.
      await handle.close();
    }
  }

  /** Removes the file while the lock is held, which releases the lock: whoever waits will create a new one. */
  async remove(): Promise<void> {
    await rm(this.#file, { force: true });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#handle.close();
  }
}

async function isStill(handle: FileHandle, file: string): Promise<boolean> {
  const [held, named] = await Promise.all([handle.stat(), stat(file).catch(() => undefined)]);
  return named !== undefined && held.ino === named.ino && held.dev === named.dev;
}

function exitCode(
  file: string,
  args: string[],
  stdin: number,
  signal: AbortSignal | undefined,
): Promise<number | null> {
  return new Promise((resolve, reject) => {
    const child = spawn('setpriv', ['--pdeathsig', 'KILL', '--', file, ...args], {
      stdio: [stdin, 'ignore', 'ignore'],
      detached: true,
    });
    const stop = () => child.kill('SIGKILL');
    const forget = signal && onAbort(signal, stop);
    child.once('error', reject);
    child.once('close', (code) => {
      forget?.();
      resolve(code);
    });
  });
}
