/**
 * A finding is what the kernel's own code did wrong with the same memory, apart from what is under test. A cell with a finding fails, unless it
 * is a known defect. Then the cell is expected to fail in this way (verdict `xfail`), and fails if it no longer does.
 */
import { z } from 'zod';
import { Id } from './id.js';
import { Objection, Where } from './objection.js';
import { ObjectionCode } from './objection-codes.js';
import { OracleName } from './oracle.js';
import { withoutCode } from './oracle-report.js';
import { glob } from './pattern.js';

export const Finding = z.preprocess(
  fromOlder,
  z.strictObject({
    ...Objection.shape,
    oracle: OracleName,
    /** The id of the known defect. */
    known: Id.exactOptional(),
  }),
);
export type Finding = z.infer<typeof Finding>;

/** A defect of the kernel's own code, as declared for the cells in which it shows. */
export const KnownDefect = z.preprocess(
  withoutPattern,
  z.strictObject({
    id: Id,
    /** What is wrong, in one line. */
    what: z.string(),
    oracle: OracleName,
    /** What that oracle objects to. */
    code: ObjectionCode,
    /** Where it objects; `*` matches anything. All `calls` must be in the trace, in this order. */
    where: Where.exactOptional(),
    /** The releases that have it; `*` matches anything. */
    kernels: z.array(z.string()).min(1),
    /** Why it is the kernel's defect: where in its source. */
    reason: z.string(),
  }),
);
export type KnownDefect = z.infer<typeof KnownDefect>;

/** As declared in harness/findings.ts. `cells` selects the planned cells, without planted defects, in which it must show. */
export type KnownDefectIn<Cell> = KnownDefect & { cells: (cell: Cell) => boolean };

/** Does this release have the defect? */
export function affects({ kernels }: Pick<KnownDefect, 'kernels'>, release: string): boolean {
  return kernels.some((pattern) => glob(pattern)(release));
}

/** Is this objection an instance of the defect? */
export function matchesDefect(
  { code, where = {} }: Pick<KnownDefect, 'code' | 'where'>,
  said: Pick<Objection, 'code' | 'where'>,
): boolean {
  if (code !== said.code) return false;
  const { calls = [], ...facts } = where;
  const actual = said.where ?? {};
  return (
    inOrder(calls, actual.calls ?? []) && Object.entries(facts).every(([key, wanted]) => matches(actual, key, wanted))
  );
}

function matches(actual: Where, key: string, wanted: string | undefined): boolean {
  if (wanted === undefined) return true;
  const fact = actual[key as keyof Where];
  return typeof fact === 'string' && glob(wanted)(fact);
}

function inOrder(wanted: readonly string[], calls: readonly string[]): boolean {
  let at = 0;
  for (const call of calls) {
    const next = wanted[at];
    if (next !== undefined && glob(next)(call)) at++;
  }
  return at === wanted.length;
}

const Worded = z.looseObject({ what: z.string() });

/** Results up to schema 2 have only text. */
function fromOlder(value: unknown): unknown {
  const older = Worded.safeParse(value);
  if (!older.success) return value;
  const { what, ...rest } = older.data;
  return { ...rest, ...withoutCode(what) };
}

const Patterned = z.looseObject({ pattern: z.string() });

/** Older declarations matched text. When such a cell runs again, it uses the current declaration. */
function withoutPattern(value: unknown): unknown {
  const older = Patterned.safeParse(value);
  if (!older.success) return value;
  const { pattern: _, ...rest } = older.data;
  return { ...rest, code: 'unclassified' };
}
