import { z } from 'zod';
import { inWords, MOST_OBJECTIONS, Objection, type ObjectionOf } from './objection.js';
import { OracleName } from './oracle.js';
import { ShortLine } from './short-line.js';
import { signature } from './signature.js';

/** Most telling first. */
const Objections = z.array(Objection).min(1).max(MOST_OBJECTIONS);

const said = {
  name: OracleName,
  /** For people: what it looked at, or its objections in words. */
  detail: ShortLine,
  /** What the kernel's own code did wrong. It is not part of the verdict, which is about the code under test. */
  kernel: Objections.exactOptional(),
};

/** The verdict of one oracle. `inconclusive` means that it could not look; its objections say why. */
export const OracleReport = z.preprocess(
  fromOlder,
  z.discriminatedUnion('verdict', [
    z.strictObject({ ...said, verdict: z.literal('pass') }),
    z.strictObject({ ...said, verdict: z.enum(['fail', 'inconclusive']), objections: Objections }),
  ]),
);
export type OracleReport = z.infer<typeof OracleReport>;

/** @param detail what the oracle looked at */
export function passes(name: OracleName, detail: string): OracleReport {
  return { name, verdict: 'pass', detail };
}

export function objects<O extends OracleName>(name: O, objections: readonly ObjectionOf<NoInfer<O>>[]): OracleReport {
  return objectionReport(name, 'fail', objections);
}

export function couldNotLook<O extends OracleName>(
  name: O,
  objections: readonly ObjectionOf<NoInfer<O>>[],
): OracleReport {
  return objectionReport(name, 'inconclusive', objections);
}

export function objectionReport(
  name: OracleName,
  verdict: 'fail' | 'inconclusive',
  objections: readonly Objection[],
): OracleReport {
  return { name, verdict, detail: inWords(objections), objections: objections.slice(0, MOST_OBJECTIONS) };
}

/** Adds what the oracle found wrong in the kernel's own code. */
export function withKernelFindings(report: OracleReport, kernel: readonly Objection[]): OracleReport {
  return kernel.length > 0 ? { ...report, kernel: kernel.slice(0, MOST_OBJECTIONS) } : report;
}

export function objectionsOf(report: OracleReport): readonly Objection[] {
  return report.verdict === 'pass' ? [] : report.objections;
}

/** Results up to schema 2 have only text. */
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

/** The text of an older phyrlab as an objection. Equal texts count as the same cause. */
export function withoutCode(detail: string): Objection {
  const parts = detail.split(/; /).map(signature);
  return { code: 'unclassified', detail, where: { line: [...new Set(parts)].join('; ') } };
}
