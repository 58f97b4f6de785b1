import { type CellRecord, type OracleReport, oneLine } from '../../model/index.js';

/** What to say about a cell that did not pass, with the command that reproduces it. */
export function storyOf(record: CellRecord): string[] {
  return [...attemptsOf(record), ...objectionsIn(record), `reproduce: ${record.repro}`];
}

/**
 * The objections, or the reason if there are none. For a planted defect both: the oracles are expected to object, and only the reason says
 * which did not.
 */
export function objectionsIn({ plant, reason, oracles, findings = [] }: CellRecord): string[] {
  const loud = oracles.filter(({ verdict }) => verdict !== 'pass').map(lineOf);
  const kernel = findings.map(({ oracle, detail }) => `${oracle}, about the kernel's own code: ${detail}`);
  loud.push(...kernel);
  return plant !== undefined || loud.length === 0 ? [reason, ...loud] : loud;
}

/** Earlier attempts, which were lost. */
export function attemptsOf({ earlier = [] }: CellRecord): string[] {
  return earlier.map(({ reason }, at) => `attempt ${at + 1} was lost: ${reason}`);
}

function lineOf({ name, verdict, detail }: OracleReport): string {
  return `${name}${verdict === 'inconclusive' ? ' (could not look)' : ''}: ${detail}`;
}

/** One line for Markdown, with all markup escaped. */
export function markdown(text: string): string {
  return oneLine(text).replace(/[\\`*_{}[\]<>|~#!&@]/g, (c) => `&#${c.charCodeAt(0)};`);
}
