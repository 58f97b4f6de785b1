/** Decides how a guest ended from signs that reach us by several ways and in any order. */
import { ours } from '../host/index.js';
import { GuestDied } from '../model/index.js';

type How = GuestDied['how'];

/** The better sign explains the lesser ones: a panic is followed by a reset, that by QEMU's exit. */
const RANK: Record<How, number> = { panic: 4, 'emulator-error': 3, hang: 2, shutdown: 1, 'qemu-exit': 0 };

/** Signs of one end arrive within milliseconds on different descriptors; wait that long for a better one. */
const SETTLE_MS = 250;

export class Death {
  /** Resolved, never rejected, when the guest has ended. */
  readonly died: Promise<GuestDied>;
  /** The verdict, once there is one. */
  verdict: GuestDied | undefined;
  #best: GuestDied | undefined;
  #decide!: (death: GuestDied) => void;
  #stop: (() => void) | undefined;

  constructor() {
    this.died = new Promise((resolve) => {
      this.#decide = resolve;
    });
  }

  /** `oops`: the processor exception that the kernel reported before it panicked. */
  sign(how: How, message: string, oops?: string): void {
    if (this.verdict) return;
    if (!this.#best || RANK[how] > RANK[this.#best.how]) this.#best = new GuestDied(how, message, oops);
    this.#stop ??= ours.after(SETTLE_MS, () => this.settle());
  }

  /** No better sign can come: decide now. */
  settle(): void {
    this.#stop?.();
    if (this.verdict || !this.#best) return;
    this.verdict = this.#best;
    this.#decide(this.verdict);
  }
}
