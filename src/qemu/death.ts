/** Decides how a guest ended, from signs that arrive in several ways and in any order. */
import { ours } from '../host/index.js';
import { GuestDied } from '../model/index.js';

type How = GuestDied['how'];

/** The higher rank explains the lower ones: a panic causes a reset, and a reset ends QEMU. */
const RANK: Record<How, number> = { panic: 4, 'emulator-error': 3, hang: 2, shutdown: 1, 'qemu-exit': 0 };

/** Signs of the same end arrive within milliseconds on different descriptors. Wait this long for a better one. */
const SETTLE_MS = 250;

export class Death {
  /** Resolves when the guest has ended. Never rejects. */
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

  /** Decides at once, since no better sign can arrive. */
  settle(): void {
    this.#stop?.();
    if (this.verdict || !this.#best) return;
    this.verdict = this.#best;
    this.#decide(this.verdict);
  }
}
