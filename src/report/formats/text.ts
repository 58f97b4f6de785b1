import { type CellRecord, type OracleReport, oneLine } from '../../model/index.js';

/** What there is to say about a cell that did not pass, and the command. */
export function storyOf(record: CellRecord): string[] {
  return [...attemptsOf(record), ...objectionsIn(record), `reproduce: ${record.repro}`];
}

/** The objecting oracles, else the reason. Of a planted defect both: they should object, and only the reason says which did not. */
export function objectionsIn({ plant, reason, oracles, findings = [] }: CellRecord): string[] {
  const loud = oracles.filter(({ verdict }) => verdict !== 'pass').map(lineOf);
  const kernel = findings.map(({ oracle, detail }) => `${oracle}, of the kernel's own path: ${detail}`);
  loud.push(...kernel);
  return plant !== undefined || loud.length === 0 ? [reason, ...loud] : loud;
}

/** The attempts before this one. */
export function attemptsOf({ earlier = [] }: CellRecord): string[] {
  return earlier.map(({ reason }, at) => `attempt ${at + 1} was lost: ${reason}`);
}

function lineOf({ name, verdict, detail }: OracleReport): string {
  return `${name}${verdict === 'inconclusive' ? ' (could not look)' : ''}: ${detail}`;
}

/** For Markdown, in one line: no markup, no table of its own. */
export function markdown(text: string): string {
  return oneLine(text).replace(/[\\`*_{}[\]<>|~#!&@]/g, (c) => `&#${c.charCodeAt(0)};`);
}
