/** Why a cell is lost or inconclusive: a closed list of codes with their meaning. Objections have their own codes. */
import { z } from 'zod';

interface Meaning {
  /** In one sentence. */
  means: string;
  /** Something stopped the cell before its end. It says nothing and still has to be run. */
  unfinished?: true;
  /** The reason quotes a host, a guest or a tool, and those words distinguish causes. */
  quotes?: true;
}

export const UNJUDGED = {
  // Lost: the run was stopped.
  interrupted: { means: 'The run was interrupted.', unfinished: true },
  'time-limit': { means: 'The time limit of the run was reached (--max-time).', unfinished: true },
  'fail-fast': { means: 'Another cell failed, which ended the run (--fail-fast).', unfinished: true },

  // Lost: the host or the harness broke.
  'host-stalled': { means: 'The host did not let the guest run, so its delays mean nothing.', quotes: true },
  'never-ready': { means: 'The guest ended or hung before any of our modules was loaded.', quotes: true },
  'guest-lost': { means: 'QEMU ended, or reported an error of its own, while the cell ran.', quotes: true },
  infrastructure: { means: 'An image, a tool, the SSH connection or the disk failed.', quotes: true },
  'harness-error': { means: 'A bug in phyrlab.', quotes: true },

  // Lost: in a merged run.
  'shard-missing': { means: 'The shard that has the cell is not among those merged.' },
  'shard-died': { means: "The cell's shard did not end, and has no record of the cell." },
  'shard-stopped': { means: "The cell's shard was stopped before the cell had ended." },

  // Inconclusive.
  'could-not-look': { means: 'An oracle could not look, and none objected; its objections say why.' },
  'no-oracle': { means: 'No oracle looked.' },
  'alarm-unheard': { means: 'A planted defect: the oracles that must object to it could not look.' },
  'died-unseen': { means: 'A planted defect: the guest ended before any oracle could object to it.' },
  'guest-unable': { means: 'This guest cannot test what the cell asks for.', quotes: true },

  // Recorded by an older phyrlab.
  unclassified: {
    means: 'A result from before lost and inconclusive cells had codes: it has only text.',
    quotes: true,
  },
} as const satisfies Record<string, Meaning>;

export type UnjudgedCode = keyof typeof UNJUDGED;
export const UnjudgedCode = z.enum(Object.keys(UNJUDGED) as [UnjudgedCode, ...UnjudgedCode[]]);

/** Why a cell has no verdict: a code for programs, and text. */
export interface Unjudged {
  code: UnjudgedCode;
  reason: string;
}

export function isUnfinished(code: UnjudgedCode): boolean {
  const meaning: Meaning = UNJUDGED[code];
  return meaning.unfinished ?? false;
}

/** Do the words of the reason distinguish causes, in addition to the code? */
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

/** Adds the code to results up to schema 3, which have only text. The only code that parses it. */
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
