/** Which of the cells that did not pass have the same cause, and what sets them apart from those that did. */
import {
  type CellRecord,
  isGood,
  keyOfObjection,
  type OracleName,
  type OracleReport,
  objectionsOf,
  quotesOthers,
  signature,
  type Verdict,
  whyUnfinished,
} from '../../model/index.js';

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
  /** By which parts of a cell it differs from others that ran. */
  where: Where[];
}

export interface Where {
  part: Part;
  values: string[];
  /** Are these all that anything ran with? Then this part has no say. */
  all: boolean;
  /** Values with which cells passed that are otherwise like those of this cause. */
  passesWith: string[];
}

export const PARTS = ['machine', 'topology', 'workload', 'backend'] as const;
export type Part = (typeof PARTS)[number];

/** The first to be believed when several object: what tells most about a cause, not about a consequence. */
const TELLING: readonly OracleName[] = ['kernel-log', 'device', 'translation', 'faults', 'workload', 'data', 'leaks'];

/** Failures first, then what was lost, then doubt; among equals what has most cells. None for cells that only were not run to their end. */
export function causesOf(records: readonly CellRecord[]): Cause[] {
  const causes = new Map<string, Omit<Cause, 'where'>>();
  /** Of each finding beside another one's: the causes that it goes with. */
  const beside = new Map<string, Set<string>>();
  for (const record of records) {
    const { verdict, id } = record;
    if (isGood(verdict) || verdict === 'skip' || whyUnfinished(record) !== undefined) continue;
    const { report, text } = findingOf(record, verdict);
    const key = keyOf(record, report, text);
    for (const one of report === undefined ? [] : record.oracles) {
      const other = keyOf(record, one, one.detail);
      if (one.name !== report?.name && one.verdict === verdict)
        beside.set(other, (beside.get(other) ?? new Set()).add(key));
    }
    const known = causes.get(key);
    if (known !== undefined) {
      known.cells.push(id);
      continue;
    }
    const also = record.oracles.filter((one) => one !== report && one.verdict !== 'pass');
    causes.set(key, { verdict, oracle: report?.name, finding: text, also, cells: [id] });
  }
  foldInto(causes, beside);
  const order = new Map(records.map(({ id }, at) => [id, at]));
  for (const { cells } of causes.values()) cells.sort((a, b) => (order.get(a) ?? 0) - (order.get(b) ?? 0));
  const rank: Verdict[] = ['fail', 'lost', 'inconclusive'];
  const whereOf = comparedWith(records.filter(({ verdict }) => verdict !== 'skip'));
  return [...causes.values()]
    .sort((a, b) => rank.indexOf(a.verdict) - rank.indexOf(b.verdict) || b.cells.length - a.cells.length)
    .map((cause) => ({ ...cause, where: whereOf(cause.cells) }));
}

/** What is not known here comes last. */
function tellingOf(name: OracleName): number {
  const at = TELLING.indexOf(name);
  return at === -1 ? TELLING.length : at;
}

/**
 * By the first objection, its code and place; else by what the kernel's own path did wrong, by the defect that was planted and who was
 * silent, or by its code. Words count only where they are another's.
 */
function keyOf(record: CellRecord, report: OracleReport | undefined, text: string): string {
  const { verdict, code, plant, oracles, findings = [] } = record;
  const news = findings.filter(({ known }) => known === undefined);
  const [first] = report === undefined ? [...news, ...findings] : objectionsOf(report);
  if (first !== undefined) return [verdict, report?.name, keyOfObjection(first)].join('\0');
  if (code !== undefined) return [verdict, code, plant, quotesOthers(code) ? signature(text) : ''].join('\0');
  const said = plant === undefined ? [signature(text)] : oracles.map((one) => `${one.name} ${one.verdict}`);
  return [verdict, plant, ...said].join('\0');
}

/** Whose objection is the same for many causes: that a step failed says little of why. */
const GENERAL: readonly (string | undefined)[] = [undefined, 'workload', 'data', 'leaks'];

/**
 * What one oracle says alone in some cells, and a more telling one explains in others, is one cause and not two; if there is one such
 * explanation only.
 */
function foldInto(causes: Map<string, Omit<Cause, 'where'>>, beside: ReadonlyMap<string, ReadonlySet<string>>): void {
  for (const [key, cause] of [...causes]) {
    const [into, ...others] = beside.get(key) ?? [];
    const target = into === undefined ? undefined : causes.get(into);
    if (target === undefined || others.length > 0 || GENERAL.includes(cause.oracle)) continue;
    target.cells.push(...cause.cells);
    causes.delete(key);
  }
}

function findingOf(
  { plant, oracles, reason }: CellRecord,
  verdict: Cause['verdict'],
): { report: OracleReport | undefined; text: string } {
  // Of a planted defect it is bad news that an oracle was silent, which only the reason says.
  const objecting = plant !== undefined ? [] : oracles.filter((one) => one.verdict === verdict);
  const [report] = objecting.sort((a, b) => tellingOf(a.name) - tellingOf(b.name));
  return { report, text: report?.detail ?? reason };
}

/** What the cells of a cause have in common, held against all that ran. */
function comparedWith(ran: readonly CellRecord[]): (cells: readonly string[]) => Where[] {
  const known = PARTS.map((part) => {
    /** With which values the part passed, by all else that a cell is. */
    const passed = new Map<string, string[]>();
    const values = new Set<string>();
    for (const record of ran) {
      values.add(record[part]);
      const others = besides(record, part);
      if (isGood(record.verdict)) passed.set(others, [...(passed.get(others) ?? []), record[part]]);
    }
    return { part, passed, count: values.size };
  });
  const records = new Map(ran.map((record) => [record.id, record]));
  return (ids) => {
    const cells = ids.flatMap((id) => records.get(id) ?? []);
    return known.map(({ part, passed, count }) => {
      const values = unique(cells.map((record) => record[part]));
      const alike = unique(cells.map((record) => besides(record, part)));
      const passesWith = unique(alike.flatMap((key) => passed.get(key) ?? [])).filter(
        (value) => !values.includes(value),
      );
      return { part, values, all: values.length > 1 && values.length === count, passesWith };
    });
  };
}

function besides(record: CellRecord, part: Part): string {
  return [...PARTS.map((other) => (other === part ? '' : record[other])), record.plant].join('/');
}

function unique(values: string[]): string[] {
  return [...new Set(values)];
}
