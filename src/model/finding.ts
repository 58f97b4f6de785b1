/**
 * Findings: what the kernel's own path did wrong on the same memory, beside what is under test. A cell with one fails, unless it is
 * a known defect: then the cell is expected to fail in this way (verdict `xfail`), and fails when it does not any more.
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
    /** The id of the known defect that it is. */
    known: Id.exactOptional(),
  }),
);
export type Finding = z.infer<typeof Finding>;

/** A defect of the kernel's own code, in the cells that it shows in. */
export const KnownDefect = z.preprocess(
  withoutPattern,
  z.strictObject({
    id: Id,
    /** What is wrong, in one line. */
    what: z.string(),
    oracle: OracleName,
    /** What that oracle objects to in the kernel's own path. */
    code: ObjectionCode,
    /** And where, as far as it must be said: `*` stands for anything. Of `calls` each must be in the trace, in this order. */
    where: Where.exactOptional(),
    /** Releases that have it; `*` stands for anything. */
    kernels: z.array(z.string()).min(1),
    /** Why this is the kernel's: where in its source. */
    reason: z.string(),
  }),
);
export type KnownDefect = z.infer<typeof KnownDefect>;

/** As harness/findings.ts declares it. `cells`: in which it must show; asked of planned cells without a planted defect. */
export type KnownDefectIn<Cell> = KnownDefect & { cells: (cell: Cell) => boolean };

/** Has this kernel that defect? */
export function claims({ kernels }: Pick<KnownDefect, 'kernels'>, release: string): boolean {
  return kernels.some((pattern) => glob(pattern)(release));
}

/** Is it what this defect shows? */
export function shows(
  { code, where = {} }: Pick<KnownDefect, 'code' | 'where'>,
  said: Pick<Objection, 'code' | 'where'>,
): boolean {
  if (code !== said.code) return false;
  const { calls = [], ...facts } = where;
  const there = said.where ?? {};
  return (
    inOrder(calls, there.calls ?? []) && Object.entries(facts).every(([key, wanted]) => matches(there, key, wanted))
  );
}

function matches(there: Where, key: string, wanted: string | undefined): boolean {
  if (wanted === undefined) return true;
  const fact = there[key as keyof Where];
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

/** Results up to schema 2 have the words alone. */
function fromOlder(value: unknown): unknown {
  const older = Worded.safeParse(value);
  if (!older.success) return value;
  const { what, ...rest } = older.data;
  return { ...rest, ...withoutCode(what) };
}

const Patterned = z.looseObject({ pattern: z.string() });

/** It was matched against words. Whoever runs such a cell again takes what is declared of the defect now. */
function withoutPattern(value: unknown): unknown {
  const older = Patterned.safeParse(value);
  if (!older.success) return value;
  const { pattern: _, ...rest } = older.data;
  return { ...rest, code: 'unclassified' };
}
