/** Reads panics off the console, with the exceptions that lead to them. */

/** The reason in a console line that reports a panic, if it does. */
export function panicIn(line: string): string | undefined {
  return /Kernel panic - not syncing: (.*)/.exec(line)?.[1]?.trim();
}

const OOPS = /\b(Oops: .*|Internal error: .*|BUG: unable to handle .*)/;
/** x86 prints the address as RIP, arm64 as pc. */
const WHERE = /\b(?:RIP: \w+:|pc : )(\S+)/;

export interface Panic {
  reason: string;
  /** The first processor exception that the kernel reported, with the function that it was in. */
  oops?: string;
}

/** Takes the console line by line: a panic's own line does not say which exception it is about. */
export class PanicReader {
  #oops: string | undefined;
  #where: string | undefined;

  /** Returns the panic that this line reports, if it does. */
  read(line: string): Panic | undefined {
    const oops = OOPS.exec(line)?.[1]?.trim();
    if (oops !== undefined) this.#oops ??= oops;
    else if (this.#oops !== undefined) this.#where ??= WHERE.exec(line)?.[1];
    const reason = panicIn(line);
    if (reason === undefined) return undefined;
    if (this.#oops === undefined) return { reason };
    return { reason, oops: this.#where === undefined ? this.#oops : `${this.#oops} at ${this.#where}` };
  }
}
