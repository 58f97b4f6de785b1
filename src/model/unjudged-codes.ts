/** Why a cell is lost, or inconclusive: a closed list of codes, and what each of them means. Objections have codes of their own. */
import { z } from 'zod';

interface Meaning {
  /** In one sentence. */
  means: string;
  /** The cell was only kept from its end: it says nothing, and is still to be run. */
  unfinished?: true;
  /** The reason has the words of a host, a guest or a tool, which tell one cause from another. */
  quotes?: true;
}

export const UNJUDGED = {
  // Lost: the run was told to end.
  interrupted: { means: 'The run was interrupted.', unfinished: true },
  'time-limit': { means: 'The time that the run was given was over (--max-time).', unfinished: true },
  'fail-fast': { means: 'Another cell failed, and that was to end the run (--fail-fast).', unfinished: true },

  // Lost: the host or the harness broke.
  'host-stalled': { means: 'The host gave the guest no time, so that being late says nothing.', quotes: true },
  'never-ready': { means: 'The guest ended or hung before anything of ours was loaded.', quotes: true },
  'guest-lost': { means: 'QEMU ended, or reported an error of its own, while the cell ran.', quotes: true },
  infrastructure: { means: 'An image, a tool, the SSH connection or the disk failed.', quotes: true },
  'harness-error': { means: 'phyrlab itself is at fault.', quotes: true },

  // Lost: in a merged run.
  'shard-missing': { means: 'The shard that has the cell is not among those merged.' },
  'shard-died': { means: "The cell's shard has no end, and no record of the cell." },
  'shard-stopped': { means: "The cell's shard was told to end before the cell had ended." },

  // Inconclusive.
  'could-not-look': { means: 'An oracle could not look, and none objected; its objections say why.' },
  'no-oracle': { means: 'No oracle looked.' },
  'alarm-unheard': { means: 'A planted defect: the oracles that must object to it could not look.' },
  'died-unseen': { means: 'A planted defect: the guest ended before anything could object to it.' },
  'guest-unable': { means: 'This guest cannot show what the cell asks for.', quotes: true },

  // What an older phyrlab has recorded.
  unclassified: {
    means: 'A result from before lost and inconclusive cells had codes: it has the words alone.',
    quotes: true,
  },
} as const satisfies Record<string, Meaning>;

export type UnjudgedCode = keyof typeof UNJUDGED;
export const UnjudgedCode = z.enum(Object.keys(UNJUDGED) as [UnjudgedCode, ...UnjudgedCode[]]);

/** Why, for whatever decides something, and in words. */
export interface Unjudged {
  code: UnjudgedCode;
  reason: string;
}

export function isUnfinished(code: UnjudgedCode): boolean {
  const meaning: Meaning = UNJUDGED[code];
  return meaning.unfinished ?? false;
}

/** Do the words of the reason tell causes apart, beside the code? */
export function quotesOthers(code: UnjudgedCode): boolean {
  const meaning: Meaning = UNJUDGED[code];
  return meaning.quotes ?? false;
}

const PREFIX = 'not run to its end: ';
const Older = z.looseObject({
  verdict: z.enum(['lost', 'inconclusive']),
  reason: z.string(),
  code: z.undefined().optional(),
});

/** Up to schema 3 results have the words alone. The one place that reads them. */
export function withCode(value: unknown): unknown {
  const older = Older.safeParse(value);
  if (!older.success) return value;
  const { verdict, reason } = older.data;
  if (verdict !== 'lost' || !reason.startsWith(PREFIX)) return { ...older.data, code: 'unclassified' };
  const why = reason.slice(PREFIX.length);
  const limits: [string, UnjudgedCode][] = [
    ['--max-time ', 'time-limit'],
    ['--fail-fast', 'fail-fast'],
  ];
  const code = limits.find(([begins]) => why.startsWith(begins))?.[1] ?? 'interrupted';
  return { ...older.data, code, reason: why };
}
