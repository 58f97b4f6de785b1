import { spawn } from 'node:child_process';
import { type FileHandle, open } from 'node:fs/promises';
import { InfraError } from '../model/index.js';

const BUSY = 75;

/**
 * A lock between processes that the kernel gives back when its holder ends, however it ends: flock(2) on a descriptor of ours.
 * Node has no flock; util-linux' `flock` takes it on our open file description, where it stays after the child is gone.
 */
export class FileLock implements AsyncDisposable {
  readonly #handle: FileHandle;
  private constructor(handle: FileHandle) {
    this.#handle = handle;
  }

  /** Null if another process holds it. Never waits. */
  static async tryAcquire(file: string): Promise<FileLock | null> {
    return FileLock.#take(file, ['-n', '-E', String(BUSY)], undefined);
  }

  /** Waits for the lock; `onWait` is called once if there is need to wait. */
  static async acquire(file: string, options: { signal: AbortSignal; onWait: () => void }): Promise<FileLock> {
    const free = await FileLock.tryAcquire(file);
    if (free) return free;
    options.onWait();
    const lock = await FileLock.#take(file, [], options.signal);
    if (!lock) throw new InfraError(`cannot lock ${file}`);
    return lock;
  }

  static async #take(file: string, flags: string[], signal: AbortSignal | undefined): Promise<FileLock | null> {
    const handle = await open(file, 'a');
    try {
      const code = await exitCode('flock', [...flags, '0'], handle.fd, signal);
      signal?.throwIfAborted();
      if (code === 0) return new FileLock(handle);
      if (code !== BUSY) throw new InfraError(`cannot lock ${file}: flock ended with ${code}`);
    } catch (error) {
      await handle.close();
      throw error;
    }
    await handle.close();
    return null;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#handle.close();
  }
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
    signal?.addEventListener('abort', stop, { once: true });
    child.once('error', reject);
    child.once('close', (code) => {
      signal?.removeEventListener('abort', stop);
      resolve(code);
    });
  });
}
