/** QEMU's monitor protocol (QMP): one JSON object per line, replies in the order of the commands, events in between. */
import type { Duplex } from 'node:stream';
import { z } from 'zod';
import { ours, type Pace } from '../host/index.js';
import { InfraError, LineSplitter } from '../model/index.js';

const Greeting = z.object({
  QMP: z.object({ version: z.object({ qemu: z.object({ major: z.number(), minor: z.number(), micro: z.number() }) }) }),
});
const Event = z.object({
  event: z.string(),
  data: z.record(z.string(), z.unknown()).default({}),
});
const Reply = z.union([
  z.object({ return: z.unknown(), id: z.number() }),
  z.object({ error: z.object({ class: z.string(), desc: z.string() }), id: z.number().optional() }),
]);
const Message = z.union([Greeting, Event, Reply]);

export type QmpEvent = z.infer<typeof Event>;

interface Pending {
  command: string;
  resolve(value: unknown): void;
  reject(error: Error): void;
}

/** A monitor that does not answer means that QEMU's main loop hangs. */
const REPLY_MS = 10_000;

export class Qmp {
  /** QEMU's version, once it has sent its greeting. Rejects if QEMU ends before. */
  readonly greeted: Promise<string>;
  /** Resolves when the connection is closed, which happens within milliseconds of QEMU's death. */
  readonly closed: Promise<void>;
  readonly #stream: Duplex;
  readonly #pending = new Map<number, Pending>();
  readonly #listeners = new Set<(event: QmpEvent) => void>();
  #greet!: { resolve(version: string): void; reject(error: Error): void };
  #lastId = 0;
  #gone = false;

  readonly #log: (line: string) => void;
  /** Counts deadlines of the guest. */
  readonly pace: Pace;

  /** Owns the stream from now on. `onEvent` gets every event in order, `log` every line in both directions. */
  constructor(stream: Duplex, onEvent: (event: QmpEvent) => void, log: (line: string) => void = () => {}, pace = ours) {
    this.#stream = stream;
    this.pace = pace;
    this.#log = log;
    this.#listeners.add(onEvent);
    this.greeted = new Promise((resolve, reject) => {
      this.#greet = { resolve, reject };
    });
    this.greeted.catch(() => {});
    this.closed = new Promise((resolve) => {
      const lines = new LineSplitter((line) => this.#receive(line));
      stream.on('data', (chunk: Buffer) => lines.push(chunk));
      stream.on('error', () => {}); // 'close' follows
      stream.on('close', () => {
        this.#fail(new InfraError('QEMU closed its monitor connection'));
        resolve();
      });
    });
  }

  /** Calls `listener` for every event, until the returned function is called. */
  onEvent(listener: (event: QmpEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Runs a command and parses its result. Throws InfraError if QEMU refuses it, has ended, or does not answer. */
  async execute<T>(command: string, schema: z.ZodType<T>, args: Record<string, unknown> = {}): Promise<T> {
    if (this.#gone) throw new InfraError(`QEMU has ended: cannot run ${command}`);
    const id = ++this.#lastId;
    const answer = await new Promise((resolve, reject) => {
      const stop = this.pace.after(REPLY_MS, () => {
        this.#pending.delete(id);
        reject(new InfraError(`QEMU did not answer ${command} within ${REPLY_MS / 1000} s`));
      });
      const settle = <A>(then: (value: A) => void) => {
        return (value: A) => {
          stop();
          this.#pending.delete(id);
          then(value);
        };
      };
      this.#pending.set(id, { command, resolve: settle(resolve), reject: settle(reject) });
      const line = JSON.stringify({ execute: command, arguments: args, id });
      this.#log(`-> ${line}`);
      this.#stream.write(`${line}\n`);
    });
    const parsed = schema.safeParse(answer);
    if (!parsed.success)
      throw new InfraError(`QEMU's answer to ${command} has an unexpected form`, JSON.stringify(answer));
    return parsed.data;
  }

  #receive(line: string): void {
    this.#log(`<- ${line}`);
    let message: z.infer<typeof Message>;
    try {
      message = Message.parse(JSON.parse(line));
    } catch (error) {
      this.#fail(new InfraError('QEMU sent a monitor message of an unexpected form', line, { cause: error }));
      this.#stream.destroy();
      return;
    }
    if ('QMP' in message) {
      const { major, minor, micro } = message.QMP.version.qemu;
      this.execute('qmp_capabilities', z.unknown()).then(
        () => this.#greet.resolve(`${major}.${minor}.${micro}`),
        (error) => this.#greet.reject(error),
      );
    } else if ('event' in message) {
      for (const listener of this.#listeners) listener(message);
    } else if ('error' in message) {
      const error = new InfraError(`QEMU refused: ${message.error.desc}`);
      if (message.id === undefined) this.#fail(error);
      else this.#pending.get(message.id)?.reject(error);
    } else {
      this.#pending.get(message.id)?.resolve(message.return);
    }
  }

  #fail(error: Error): void {
    this.#gone = true;
    this.#greet.reject(error);
    for (const pending of [...this.#pending.values()]) pending.reject(error);
  }
}

/**
 * Waits for the first event that matches; fails when QEMU ends. `within` resolves to undefined if it does not come in
 * time.
 */
export function qmpEvent(
  qmp: Qmp,
  isIt: (event: QmpEvent) => boolean,
): Disposable & { came: Promise<QmpEvent>; within(ms: number): Promise<QmpEvent | undefined> } {
  let stop = (): void => {};
  const came = new Promise<QmpEvent>((resolve, reject) => {
    stop = qmp.onEvent((event) => isIt(event) && resolve(event));
    qmp.closed.then(() => reject(new InfraError('QEMU closed its monitor connection')));
  });
  came.catch(() => {});
  return {
    came,
    within: (ms) => qmp.pace.within(ms, came),
    [Symbol.dispose]: stop,
  };
}
