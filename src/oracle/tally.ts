import { keyOfObjection, type Objection } from '../model/index.js';

/** Keeps the first objection of each kind and counts the others: a device or kernel may do the same thing thousands of times. */
export class Tally<T extends Objection> {
  readonly #kinds = new Map<string, T>();

  add(objection: T): void {
    const kind = keyOfObjection(objection);
    const known = this.#kinds.get(kind);
    if (known === undefined) this.#kinds.set(kind, { ...objection });
    else known.count = (known.count ?? 1) + 1;
  }

  all(): T[] {
    return [...this.#kinds.values()];
  }
}
