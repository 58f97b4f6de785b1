import type { Load } from '../plan/index.js';

interface Waiting {
  load: Load;
  start: () => void;
}

/**
 * Limits how many guests run at a time to what the host can bear. First come, first served, which keeps the order of
 * the plan; a guest that is too large for the host runs alone.
 */
export class GuestSlots {
  readonly #limit: Load;
  #slots = 0;
  #memoryMiB = 0;
  #guests = 0;
  readonly #waiting: Waiting[] = [];

  constructor(limit: Load) {
    this.#limit = limit;
  }

  /** Resolves when there is room. Disposing of the result frees it. */
  async take(load: Load): Promise<Disposable> {
    await new Promise<void>((start) => {
      this.#waiting.push({ load, start });
      this.#admit();
    });
    return {
      [Symbol.dispose]: () => {
        this.#slots -= load.slots;
        this.#memoryMiB -= load.memoryMiB;
        this.#guests -= 1;
        this.#admit();
      },
    };
  }

  #admit(): void {
    for (let next = this.#waiting[0]; next !== undefined && this.#fits(next.load); next = this.#waiting[0]) {
      this.#waiting.shift();
      this.#slots += next.load.slots;
      this.#memoryMiB += next.load.memoryMiB;
      this.#guests += 1;
      next.start();
    }
  }

  #fits({ slots, memoryMiB }: Load): boolean {
    if (this.#guests === 0) return true;
    return this.#slots + slots <= this.#limit.slots && this.#memoryMiB + memoryMiB <= this.#limit.memoryMiB;
  }
}
