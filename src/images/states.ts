/** States of guests in the cache: each can be had again by booting, so they come and go as there is room. */
import { chmod, statfs } from 'node:fs/promises';
import type { Cache } from './cache.js';

export const GUEST_STATE = 'guest-state';
/** All of them together: some more than suite ci has under emulation. They take no more than half of what they leave free. */
const ROOM = 16 * 2 ** 30;
/** With less than that left on the disk none is kept. */
const SPARE = 2 * 2 ** 30;

export class GuestStates {
  readonly #cache: Cache;

  constructor(cache: Cache) {
    this.#cache = cache;
  }

  /** The folder of a state, every byte of which is as it was written. It may go at any time: reading it may fail. */
  async find(key: string, onDamage: (damage: string) => void): Promise<string | undefined> {
    return (await this.#cache.find(GUEST_STATE, key, onDamage))?.dir;
  }

  /**
   * Keeps a state: `write` fills its folder, which only this user may read. Those that were used longest ago make room for it. Nothing
   * happens if another process writes it just now, or where the disk is nearly full.
   */
  async keep(key: string, write: (dir: string) => Promise<void>): Promise<void> {
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

  /** For a state that did not go on. */
  async discard(key: string): Promise<void> {
    await this.#cache.discard(GUEST_STATE, key);
  }
}
