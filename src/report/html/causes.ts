/** Which of the cells that did not pass have the same cause, and what sets them apart from those that did. */
import { type CellRecord, INTERRUPTED, type OracleName, type OracleReport, type Verdict } from '../../model/index.js';

export interface Cause {
  verdict: 'fail' | 'lost' | 'inconclusive';
  /** What says it; `undefined`: the harness itself, about the cell as a whole. */
  oracle: OracleName | undefined;
  /** As the first of its cells has it. */
  finding: string;
  /** What else objected, in the first of its cells. */
  also: OracleReport[];
  /** Ids, in the order of the run. */
  cells: string[];
  /** By which parts of a cell's id it differs from others that ran. */
  where: Where[];
}

export interface Where {
  part: Part;
  values: string[];
  /** Values with which cells passed that are otherwise like those of this cause. */
  passesWith: string[];
}

export const PARTS = ['machine', 'topology', 'workload', 'backend'] as const;
export type Part = (typeof PARTS)[number];

/** The first to be believed when several object: what tells most about a cause, not about a consequence. */
const TELLING: readonly OracleName[] = ['kernel-log', 'device', 'translation', 'faults', 'workload', 'data', 'leaks'];

/** Failures first, then what was lost, then doubt; among equals what has most cells. Nothing of a Ctrl-C. */
export function causesOf(records: readonly CellRecord[]): Cause[] {
  const causes = new Map<string, Omit<Cause, 'where'>>();
  for (const record of records) {
    const { verdict, id } = record;
    if (verdict === 'pass' || verdict === 'skip' || record.reason === INTERRUPTED) continue;
    const { report, text } = findingOf(record, verdict);
    const key = [verdict, report?.name, likeness(text)].join('\0');
    const known = causes.get(key);
    if (known !== undefined) {
      known.cells.push(id);
      continue;
    }
    const also = record.oracles.filter((one) => one !== report && one.verdict !== 'pass');
    causes.set(key, { verdict, oracle: report?.name, finding: text, also, cells: [id] });
  }
  const passed = new Set(records.filter(({ verdict }) => verdict === 'pass').map(({ id }) => id));
  const rank: Verdict[] = ['fail', 'lost', 'inconclusive'];
  return [...causes.values()]
    .sort((a, b) => rank.indexOf(a.verdict) - rank.indexOf(b.verdict) || b.cells.length - a.cells.length)
    .map((cause) => ({ ...cause, where: whereOf(cause.cells, passed) }));
}

function findingOf(
  { id, oracles, reason }: CellRecord,
  verdict: Cause['verdict'],
): { report: OracleReport | undefined; text: string } {
  // Of a planted defect it is bad news that an oracle was silent, which only the reason says.
  const objecting = id.includes('!') ? [] : oracles.filter((one) => one.verdict === verdict);
  const [report] = objecting.sort((a, b) => TELLING.indexOf(a.name) - TELLING.indexOf(b.name));
  return { report, text: report?.detail ?? reason };
}

/** The same for texts that differ in addresses, counts, device names and backends only. */
export function likeness(text: string): string {
  return text
    .replace(/\b(?:[0-9a-f]{4}:)?[0-9a-f]{2}:[0-9a-f]{2}\.[0-7]\b/gi, 'BDF')
    .replace(/\b0x[0-9a-f]+\b/gi, '#')
    .replace(/\b(?:sg|iter|iova|phyr16|phyr8)\b/g, 'BACKEND')
    .replace(/\b[0-9a-f]{8,}\b/gi, '#')
    .replace(/\d+/g, '#');
}

export function partsOf(id: string): Record<Part, string> & { plant: string | undefined } {
  const [path = '', plant] = id.split('!');
  const [machine = '', topology = '', workload = '', backend = ''] = path.split('/');
  return { machine, topology, workload, backend, plant };
}

function whereOf(cells: readonly string[], passed: ReadonlySet<string>): Where[] {
  const passing = [...passed].map(partsOf);
  return PARTS.map((part) => {
    const values = unique(cells.map((id) => partsOf(id)[part]));
    const rest = PARTS.filter((other) => other !== part);
    const like = new Set(cells.map((id) => signature(partsOf(id), rest)));
    const passesWith = unique(
      passing.flatMap((one) => (like.has(signature(one, rest)) && !values.includes(one[part]) ? [one[part]] : [])),
    );
    return { part, values, passesWith };
  });
}

function signature(parts: ReturnType<typeof partsOf>, which: readonly Part[]): string {
  return [...which.map((part) => parts[part]), parts.plant].join('/');
}

function unique(values: string[]): string[] {
  return [...new Set(values)];
}
