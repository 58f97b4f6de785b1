import type { CellRecord, OracleReport } from '../../model/index.js';

/** What there is to say about a cell that did not pass, and the command. */
export function storyOf(record: CellRecord): string[] {
  return [...attemptsOf(record), ...objectionsIn(record), `reproduce: ${record.repro}`];
}

/** The objecting oracles, else the reason. Of a planted defect both: they should object, and only the reason says which did not. */
export function objectionsIn({ id, reason, oracles, findings = [] }: CellRecord): string[] {
  const loud = oracles.filter(({ verdict }) => verdict !== 'pass').map(lineOf);
  const kernel = findings.map(({ oracle, what }) => `${oracle}, of the kernel's own path: ${what}`);
  loud.push(...kernel);
  return id.includes('!') || loud.length === 0 ? [reason, ...loud] : loud;
}

/** The attempts before this one. */
export function attemptsOf({ earlier = [] }: CellRecord): string[] {
  return earlier.map(({ reason }, at) => `attempt ${at + 1} was lost: ${reason}`);
}

function lineOf({ name, verdict, detail }: OracleReport): string {
  return `${name}${verdict === 'inconclusive' ? ' (could not look)' : ''}: ${detail}`;
}

/** In one line, whatever a guest put into it: no control characters, which formats and terminals would act upon. */
export function oneLine(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  return text.replace(/[\u0000-\u001f\u007f]+/g, ' ').trim();
}
