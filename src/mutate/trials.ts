/** What became of mutants, as a session keeps it, one a line. */
import { z } from 'zod';
import { OracleName, ShortLine } from '../model/index.js';

/** Why a mutant is none. */
export const SKIPPED = {
  'does-not-compile': 'do not compile',
  'same-code': 'compile to the same code as without',
  'same-mutant': 'compile to the same code as another',
} as const;

const Skipped = z.enum(Object.keys(SKIPPED) as [keyof typeof SKIPPED, ...(keyof typeof SKIPPED)[]]);

/** How a mutant was noticed. */
export const HOW = {
  oracle: 'by an objection',
  load: 'because a module did not load',
  died: 'because the guest died',
  stuck: 'because a cell took more than ten times as long, and a minute',
} as const;

const How = z.enum(Object.keys(HOW) as [keyof typeof HOW, ...(keyof typeof HOW)[]]);

export const Outcome = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('skipped'), why: Skipped }),
  /** `cells`: those that ran before, and passed. */
  z.strictObject({
    kind: z.literal('killed'),
    how: How,
    by: z.string().max(1000),
    oracles: z.array(OracleName),
    reason: ShortLine,
    cells: z.array(z.string().max(1000)),
  }),
  z.strictObject({ kind: z.literal('survived'), cells: z.array(z.string().max(1000)) }),
  /** No cell comes to its line. */
  z.strictObject({ kind: z.literal('unreached') }),
  /** It lives, and a person has said why no cell can see it. */
  z.strictObject({ kind: z.literal('explained'), why: ShortLine }),
  /** None objected, and the host or an oracle kept one from looking. */
  z.strictObject({ kind: z.literal('unjudged'), reason: ShortLine, cells: z.array(z.string().max(1000)) }),
]);
export type Outcome = z.infer<typeof Outcome>;

export const Trial = z.strictObject({
  id: z.string().max(64),
  file: z.string().max(512),
  line: z.int().min(1),
  function: z.string().max(256),
  operator: z.string().max(64),
  /** Is its own line known to be reached, or only one near it? */
  exact: z.boolean(),
  /** What it was compiled to: another mutant with the same is the same. */
  code: z.string().max(64).exactOptional(),
  diff: z.array(z.string().max(2000)).max(200),
  ms: z.number().min(0),
  outcome: Outcome,
});
export type Trial = z.infer<typeof Trial>;
