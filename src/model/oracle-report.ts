import { z } from 'zod';
import { inWords, MOST_OBJECTIONS, Objection, type ObjectionOf } from './objection.js';
import { OracleName } from './oracle.js';
import { signature } from './signature.js';
import { Told } from './told.js';

/** The most telling first. */
const Objections = z.array(Objection).min(1).max(MOST_OBJECTIONS);

const said = {
  name: OracleName,
  /** For a person: what it looked at, or its objections in words. */
  detail: Told,
  /** What the kernel's own path did wrong: no part of the verdict, which is about what is under test. */
  kernel: Objections.exactOptional(),
};

/** An oracle's own verdict: `inconclusive` means that it could not look, and its objections say why. */
export const OracleReport = z.preprocess(
  fromOlder,
  z.discriminatedUnion('verdict', [
    z.strictObject({ ...said, verdict: z.literal('pass') }),
    z.strictObject({ ...said, verdict: z.enum(['fail', 'inconclusive']), objections: Objections }),
  ]),
);
export type OracleReport = z.infer<typeof OracleReport>;

/** Nothing is wrong; `detail`: what it looked at. */
export function passes(name: OracleName, detail: string): OracleReport {
  return { name, verdict: 'pass', detail };
}

export function objects<O extends OracleName>(name: O, objections: readonly ObjectionOf<NoInfer<O>>[]): OracleReport {
  return saying(name, 'fail', objections);
}

export function couldNotLook<O extends OracleName>(
  name: O,
  objections: readonly ObjectionOf<NoInfer<O>>[],
): OracleReport {
  return saying(name, 'inconclusive', objections);
}

export function saying(
  name: OracleName,
  verdict: 'fail' | 'inconclusive',
  objections: readonly Objection[],
): OracleReport {
  return { name, verdict, detail: inWords(objections), objections: objections.slice(0, MOST_OBJECTIONS) };
}

/** With what it found wrong in the kernel's own path. */
export function withKernel(report: OracleReport, kernel: readonly Objection[]): OracleReport {
  return kernel.length > 0 ? { ...report, kernel: kernel.slice(0, MOST_OBJECTIONS) } : report;
}

export function objectionsOf(report: OracleReport): readonly Objection[] {
  return report.verdict === 'pass' ? [] : report.objections;
}

/** Results up to schema 2 have the words alone. */
function fromOlder(value: unknown): unknown {
  const older = Older.safeParse(value);
  if (!older.success) return value;
  const { kernel, verdict, detail, objections } = older.data;
  return {
    ...older.data,
    ...(kernel !== undefined && { kernel: kernel.map((one) => (typeof one === 'string' ? withoutCode(one) : one)) }),
    ...(verdict !== 'pass' && objections === undefined && { objections: [withoutCode(detail)] }),
  };
}

const Older = z.looseObject({
  verdict: z.string(),
  detail: z.string(),
  kernel: z.array(z.unknown()).exactOptional(),
  objections: z.unknown().optional(),
});

/** What an older phyrlab said, as an objection. Of the same cause are those that say the same. */
export function withoutCode(detail: string): Objection {
  const parts = detail.split(/; /).map(signature);
  return { code: 'unclassified', detail, where: { line: [...new Set(parts)].join('; ') } };
}
