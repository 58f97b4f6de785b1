/** An objection of an oracle: a code, a place, and words for people. Whatever decides something compares codes and places. */
import { z } from 'zod';
import { type CodeOf, ObjectionCode } from './objection-codes.js';
import type { OracleName } from './oracle.js';
import { Told } from './told.js';

/** The place of an objection, by fields that are compared; what differs from one time to the next (an address, a count) is none. */
export const Where = z
  .strictObject({
    /** The step of a workload, or the command. */
    step: z.string(),
    errno: z.string(),
    /** By which way memory was named: `direct`, `registered`, `dma-buf`, `dma-buf-sg`, ... */
    via: z.string(),
    driver: z.string(),
    /** Whose memory: `peer`. */
    memory: z.string(),
    /** A case of an engine or of a test. */
    case: z.string(),
    outcome: z.string(),
    /** A way to memory that was taken, or was due. */
    path: z.string(),
    due: z.string(),
    /** A trace event. */
    event: z.string(),
    access: z.string(),
    /** A counter, a slab cache or a module. */
    counter: z.string(),
    /** Of the kernel's source. */
    file: z.string(),
    function: z.string(),
    /** Functions in the call trace that say whose call it was. */
    calls: z.array(z.string()),
    /** A line that the kernel or QEMU wrote, without what differs from one time to the next. */
    line: Told,
  })
  .partial();
export type Where = z.infer<typeof Where>;

export const Objection = z.strictObject({
  code: ObjectionCode,
  /** For a person. Nothing depends on it. */
  detail: Told,
  where: Where.exactOptional(),
  /** How often, if more than once. */
  count: z.int().min(2).exactOptional(),
});
export type Objection = z.infer<typeof Objection>;

/** An objection of this oracle. */
export type ObjectionOf<O extends OracleName> = Objection & { code: CodeOf<O> };

/** More are not recorded. */
export const MOST_OBJECTIONS = 32;
/** More are not told in a sentence. */
const MOST_TOLD = 3;

/** What a report says: the one place where objections become words. */
export function inWords(objections: readonly Objection[]): string {
  const told = objections.slice(0, MOST_TOLD);
  const words = told.map(({ detail, count = 1 }) => (count > 1 ? `${detail} (and ${count - 1} more)` : detail));
  const rest = objections.length - told.length;
  return [...new Set(words)].join('; ') + (rest > 0 ? `; and ${rest} more` : '');
}

/** The same for objections to the same thing at the same place. */
export function keyOfObjection({ code, where = {} }: Pick<Objection, 'code' | 'where'>): string {
  const facts = Object.entries(where).filter(([, fact]) => fact !== undefined);
  return JSON.stringify([code, ...facts.sort(([a], [b]) => (a < b ? -1 : 1))]);
}
