/** An objection of an oracle: a code, a place, and text for people. Code that decides something compares codes and places only. */
import { z } from 'zod';
import { type CodeOf, ObjectionCode } from './objection-codes.js';
import type { OracleName } from './oracle.js';
import { ShortLine } from './short-line.js';

/** The place of an objection, as fields that are compared. What varies between runs (an address, a count) is not part of it. */
export const Where = z
  .strictObject({
    /** The step of a workload, or the command. */
    step: z.string(),
    errno: z.string(),
    /** The path by which memory was named: `direct`, `registered`, `dma-buf`, `dma-buf-sg`, ... */
    via: z.string(),
    driver: z.string(),
    /** Whose memory: `peer`. */
    memory: z.string(),
    /** The case of an engine or of a test. */
    case: z.string(),
    outcome: z.string(),
    /** The DMA path that was taken, and the expected one. */
    path: z.string(),
    due: z.string(),
    /** A trace event. */
    event: z.string(),
    access: z.string(),
    /** A counter, a slab cache or a module. */
    counter: z.string(),
    /** In the kernel's source. */
    file: z.string(),
    function: z.string(),
    /** Functions in the call trace that identify the caller. */
    calls: z.array(z.string()),
    /** A line from the kernel or QEMU, without what varies between runs. */
    line: ShortLine,
  })
  .partial();
export type Where = z.infer<typeof Where>;

export const Objection = z.strictObject({
  code: ObjectionCode,
  /** For people. Nothing depends on it. */
  detail: ShortLine,
  where: Where.exactOptional(),
  /** How often, if more than once. */
  count: z.int().min(2).exactOptional(),
});
export type Objection = z.infer<typeof Objection>;

/** An objection of this oracle. */
export type ObjectionOf<O extends OracleName> = Objection & { code: CodeOf<O> };

/** The most objections that are recorded. */
export const MOST_OBJECTIONS = 32;
/** The most objections that a sentence names. */
const MOST_NAMED = 3;
/** The text of a report. The only code that turns objections into words. */
export function inWords(objections: readonly Objection[]): string {
  const named = objections.slice(0, MOST_NAMED);
  const words = named.map(({ detail, count = 1 }) => (count > 1 ? `${detail} (and ${count - 1} more)` : detail));
  const rest = objections.length - named.length;
  return [...new Set(words)].join('; ') + (rest > 0 ? `; and ${rest} more` : '');
}

/** Equal for objections to the same thing at the same place. */
export function keyOfObjection({ code, where = {} }: Pick<Objection, 'code' | 'where'>): string {
  const facts = Object.entries(where).filter(([, fact]) => fact !== undefined);
  return JSON.stringify([code, ...facts.sort(([a], [b]) => (a < b ? -1 : 1))]);
}
