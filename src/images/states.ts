/** Snapshots of guests in the cache. They can always be made again by booting, so they come and go as there is room. */
import { chmod, statfs } from 'node:fs/promises';
import type { Cache } from './cache.js';

export const GUEST_STATE = 'guest-state';
/**
 * Size limit of all snapshots, somewhat more than suite ci has under emulation. They take at most half of the space
 * that they leave free.
 */
const ROOM = 16 * 2 ** 30;
/** With less space than this left on the disk, no snapshot is saved. */
const SPARE = 2 * 2 ** 30;

export class GuestStates {
  readonly #cache: Cache;

  constructor(cache: Cache) {
    this.#cache = cache;
  }

  /** The folder of a snapshot, with every byte checked. It may be removed at any time, so reading it may fail. */
  async find(key: string, onDamage: (damage: string) => void): Promise<string | undefined> {
    return (await this.#cache.find(GUEST_STATE, key, onDamage))?.dir;
  }

  /**
   * Saves a snapshot: `write` fills its folder, which only this user may read. Removes those that were used longest ago
   * to make room. Does nothing if another process is writing it, or if the disk is nearly full.
   */
  async save(key: string, write: (dir: string) => Promise<void>): Promise<void> {
    const { bavail, bsize } = await statfs(this.#cache.dir);
    if (bavail * bsize < SPARE) return;
    const build = async ({ dir }: { dir: string }) => {
      await chmod(dir, 0o700);
      await write(dir);
      return {};
    };
    if (await this.#cache.offer({ name: GUEST_STATE, key, build }))
      await this.#cache.trim(GUEST_STATE, Math.min(ROOM, (bavail * bsize) / 2));
  }

  /** Removes a snapshot that could not be restored. */
  async discard(key: string): Promise<void> {
    await this.#cache.discard(GUEST_STATE, key);
  }
}
