/**
 * The guest's record of one device: mappings, commands, completions, unmappings and flushes, in the order in which they happened. `phyrctl story
 * stop` prints it; guest/include/uapi/phyr_probe.h defines its layout.
 */
import { z } from 'zod';
import { InfraError, isLineOf } from '../model/index.js';

export const StoryHead = z.object({
  story: z.object({
    by: z.enum(['none', 'identity', 'dma']),
    recorded: z.number(),
    lost: z.number(),
    pool: z.tuple([z.number(), z.number()]),
  }),
});
export type StoryHead = z.infer<typeof StoryHead>;

const StoryEvents = z.object({ events: z.base64() });

export const Prot = { read: 1, write: 2, mmio: 4 } as const;

export type StoryEvent = {
  /** ns of the guest's monotonic clock */
  time: number;
} & (
  | { kind: 'map'; addr: number; phys: number; len: number; prot: number }
  | { kind: 'unmap'; addr: number; len: number }
  /** `len` 0: unknown. */
  | { kind: 'submit'; qid: number; cid: number; opcode: number; len: number }
  /** Physical memory of the last submission's data, in order. */
  | { kind: 'range'; phys: number; len: number; mmio: boolean }
  | { kind: 'complete'; qid: number; cid: number }
  /** From now on no old translations of these addresses exist; `len` 0: of any address. */
  | { kind: 'flush'; addr: number; len: number }
);

export interface Story {
  /** How the device's addresses are translated to physical ones. */
  by: 'none' | 'identity' | 'dma';
  /** Events that did not fit, all of them later than the last one. */
  lost: number;
  /** Physical addresses of the bounce buffers. */
  pool: readonly [start: number, end: number];
  events: readonly StoryEvent[];
}

const EVENT_BYTES = 40;
const KINDS = [undefined, 'map', 'unmap', 'submit', 'range', 'complete', 'flush'] as const;

/** Finds the record among the lines that a step printed; `undefined` if there is none. */
export function storyIn(lines: readonly unknown[]): Story | undefined {
  const at = lines.findIndex((line) => isLineOf(StoryHead, line));
  if (at < 0) return undefined;
  const head = StoryHead.safeParse(lines[at]);
  if (!head.success) throw new InfraError("the guest's record of events begins in a way that this host does not know");
  const { story } = head.data;
  const events: StoryEvent[] = [];
  for (const line of lines.slice(at + 1)) {
    if (!isLineOf(StoryEvents, line)) break;
    const parsed = StoryEvents.safeParse(line);
    if (!parsed.success) break;
    events.push(...decodeEvents(Buffer.from(parsed.data.events, 'base64')));
  }
  if (events.length !== story.recorded) {
    throw new InfraError(`the guest recorded ${story.recorded} events, but ${events.length} of them arrived`);
  }
  return { by: story.by, lost: story.lost, pool: story.pool, events };
}

export function* decodeEvents(bytes: Buffer): Generator<StoryEvent> {
  for (let at = 0; at + EVENT_BYTES <= bytes.length; at += EVENT_BYTES) {
    // Exact up to 2^53, and above that for page-aligned values.
    const word = (index: number) => Number(bytes.readBigUInt64LE(at + 8 * index));
    const time = word(0);
    const kind = KINDS[bytes.readUInt8(at + 32)];
    const prot = bytes.readUInt8(at + 33);
    const [opcode, qid, cid] = [bytes.readUInt16LE(at + 34), bytes.readUInt16LE(at + 36), bytes.readUInt16LE(at + 38)];
    switch (kind) {
      case 'map':
        yield { time, kind, addr: word(1), phys: word(2), len: word(3), prot };
        break;
      case 'unmap':
      case 'flush':
        yield { time, kind, addr: word(1), len: word(3) };
        break;
      case 'submit':
        yield { time, kind, qid, cid, opcode, len: word(3) };
        break;
      case 'range':
        yield { time, kind, phys: word(2), len: word(3), mmio: (prot & Prot.mmio) !== 0 };
        break;
      case 'complete':
        yield { time, kind, qid, cid };
        break;
      default:
        throw new InfraError(`the guest's record has an event of the unknown kind ${bytes.readUInt8(at + 32)}`);
    }
  }
}
