/** Groups the cells that did not pass by cause, and finds what distinguishes them from the cells that passed. */
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
  /** The oracle that objected; `undefined`: the harness did, about the cell as a whole. */
  oracle: OracleName | undefined;
  /** As reported for the first of its cells. */
  finding: string;
  /** The other objections in the first of its cells. */
  also: OracleReport[];
  /** Ids, in the order of the run. */
  cells: string[];
  /** How the parts of its cells compare with those of the others that ran. */
  where: Where[];
}

export interface Where {
  part: Part;
  values: string[];
  /** Are these all the values that ran? Then this part does not matter. */
  all: boolean;
  /** Values with which an otherwise equal cell passed. */
  passesWith: string[];
}

export const PARTS = ['machine', 'topology', 'workload', 'backend'] as const;
export type Part = (typeof PARTS)[number];

/** Which oracle to believe first if several object: those that show a cause come before those that show a consequence. */
const TELLING: readonly OracleName[] = ['kernel-log', 'device', 'translation', 'faults', 'workload', 'data', 'leaks'];

/** Failures first, then lost, then inconclusive; then by the number of cells. Unfinished cells have no cause. */
export function causesOf(records: readonly CellRecord[]): Cause[] {
  const causes = new Map<string, Omit<Cause, 'where'>>();
  /** For each finding that appeared next to a more telling one: the causes it appeared with. */
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

/** Oracles that are not listed come last. */
function tellingOf(name: OracleName): number {
  const at = TELLING.indexOf(name);
  return at === -1 ? TELLING.length : at;
}

/**
 * Identifies a cause: by the code and place of the first objection; else by the kernel's finding, by the planted defect and the silent
 * oracles, or by the cell's code. Wording only counts where the text comes from outside.
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

/** The oracles whose objection may have many causes: that a step failed says little about why. */
const GENERAL: readonly (string | undefined)[] = [undefined, 'workload', 'data', 'leaks'];

/**
 * In some cells one oracle objects alone, in others a more telling one objects, too. That is one cause, if there is only one such more
 * telling cause.
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
  // For a planted defect the problem is a silent oracle, which only the reason names.
  const objecting = plant !== undefined ? [] : oracles.filter((one) => one.verdict === verdict);
  const [report] = objecting.sort((a, b) => tellingOf(a.name) - tellingOf(b.name));
  return { report, text: report?.detail ?? reason };
}

/** Compares the cells of a cause with all that ran. */
function comparedWith(ran: readonly CellRecord[]): (cells: readonly string[]) => Where[] {
  const known = PARTS.map((part) => {
    /** The values of this part that passed, by the cell's other parts. */
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
