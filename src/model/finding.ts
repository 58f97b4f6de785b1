/**
 * Findings: what the kernel's own path did wrong on the same memory, beside what is under test. A cell with one fails, unless it is
 * a known defect: then the cell is expected to fail in this way (verdict `xfail`), and fails when it does not any more.
 */
import { z } from 'zod';
import { Id } from './id.js';
import { OracleName } from './oracle.js';
import { glob } from './pattern.js';
import { Told } from './told.js';

export const Finding = z.strictObject({
  oracle: OracleName,
  what: Told,
  /** The id of the known defect that it is. */
  known: Id.exactOptional(),
});
export type Finding = z.infer<typeof Finding>;

/** A defect of the kernel's own code, in the cells that it shows in. */
export const KnownDefect = z.strictObject({
  id: Id,
  /** What is wrong, in one line. */
  what: z.string(),
  oracle: OracleName,
  /** Of what that oracle says of the kernel's own path: the source of a regular expression. */
  pattern: z.string(),
  /** Releases that have it; `*` stands for anything. */
  kernels: z.array(z.string()).min(1),
  /** Why this is the kernel's: where in its source. */
  reason: z.string(),
});
export type KnownDefect = z.infer<typeof KnownDefect>;

/** As harness/findings.ts declares it. `where`: in which cells it must show; asked of planned cells without a planted defect. */
export type KnownDefectIn<Cell> = Omit<KnownDefect, 'pattern'> & { pattern: RegExp; where: (cell: Cell) => boolean };

/** Has this kernel that defect? */
export function claims({ kernels }: Pick<KnownDefect, 'kernels'>, release: string): boolean {
  return kernels.some((pattern) => glob(pattern)(release));
}
