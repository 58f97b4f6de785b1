/** What a run found wrong in the kernel's own code: one entry per defect, with the smallest cell that reproduces it. */

import {
  affects,
  type CellRecord,
  countOf,
  type KnownDefect,
  keyOfObjection,
  type OracleName,
  type RunRecord,
  walk,
} from '../model/index.js';
import { commandLines, wrapped } from '../terminal/index.js';
import { type Cell, kindOf, rangesOf } from '../workloads/index.js';

export interface FoundDefect {
  /** `undefined`: the defect is new. */
  known: KnownDefect | undefined;
  oracle: OracleName;
  /** As reported in the smallest of its cells. */
  what: string;
  /** The releases that show it. */
  kernels: string[];
  /** Smallest first. */
  cells: { id: string; repro: string; evidence: string | undefined }[];
}

export interface Findings {
  /** New ones first, then by the number of cells. */
  found: FoundDefect[];
  /** Known defects of these kernels that did not show, with the cells that should have shown them. */
  gone: { known: KnownDefect; cells: string[] }[];
}

type Recorded = { run: RunRecord; cells: readonly CellRecord[]; declared: ReadonlyMap<string, Cell> };

export function findingsOf({ run, cells, declared }: Recorded): Findings {
  const found = new Map<string, FoundDefect>();
  const gone = new Map<string, Findings['gone'][number]>();
  for (const record of bySize(cells, declared)) {
    const cell = declared.get(record.id);
    const release = (record.kernel ?? run.kernel).release;
    for (const finding of record.findings ?? []) {
      const { oracle, detail: what, known: id } = finding;
      const key = id ?? `${oracle}\0${keyOfObjection(finding)}`;
      const known = cell?.known?.find((defect) => defect.id === id);
      const entry = found.get(key) ?? { known, oracle, what, kernels: [], cells: [] };
      found.set(key, entry);
      if (!entry.kernels.includes(release)) entry.kernels.push(release);
      if (entry.cells.at(-1)?.id !== record.id)
        entry.cells.push({ id: record.id, repro: record.repro, evidence: record.evidence });
    }
    for (const known of judgedFor(record, cell, release)) {
      if (record.findings?.some((finding) => finding.known === known.id)) continue;
      const entry = gone.get(known.id) ?? { known, cells: [] };
      gone.set(known.id, entry);
      entry.cells.push(record.id);
    }
  }
  const rank = ({ known, cells }: FoundDefect) => (known === undefined ? 0 : 1e9) - cells.length;
  return {
    found: [...found.values()].sort((a, b) => rank(a) - rank(b)),
    gone: [...gone.values()],
  };
}

/** The known defects that this cell should have shown. An inconclusive cell says nothing about them. */
function judgedFor({ verdict }: CellRecord, cell: Cell | undefined, release: string): KnownDefect[] {
  if (verdict !== 'fail' && verdict !== 'xfail') return [];
  return (cell?.known ?? []).filter((known) => affects(known, release));
}

/** Simplest first: by the number of ranges, then I/O, devices and time. */
function bySize(cells: readonly CellRecord[], declared: ReadonlyMap<string, Cell>): CellRecord[] {
  const size = ({ id, duration_ms }: CellRecord): number[] => {
    const cell = declared.get(id);
    return cell === undefined
      ? [Infinity]
      : [piecesOf(cell), kindOf(cell.workload).diskKiB(cell.workload), [...walk(cell.topology)].length, duration_ms];
  };
  const sized = cells.map((record) => ({ record, size: size(record) }));
  return sized
    .sort(({ size: a }, { size: b }) => a.map((n, i) => n - (b[i] ?? 0)).find((n) => n !== 0) ?? 0)
    .map(({ record }) => record);
}

const MOST = 3;

/** As text. No lines if nothing was found. */
export function findingLines({ found, gone }: Findings, width = Number.POSITIVE_INFINITY): string[] {
  if (found.length + gone.length === 0) return [];
  const text = (line: string) => wrapped(line, width, 6);
  return [
    "findings in the kernel's own code",
    ...found.flatMap(({ known, oracle, what, kernels, cells }) => [
      ...text(`  ${known === undefined ? 'NEW' : `known: ${known.id}`}  ${known?.what ?? what}`),
      ...text(`    seen on ${kernels.join(', ')} by ${oracle}: ${what}`),
      ...(known === undefined ? [] : text(`    why it is a kernel defect: ${known.reason}`)),
      ...text(`    in ${countOf(cells.length, 'cell')}: ${namesOf(cells.map(({ id }) => id))}`),
      ...(cells[0]?.evidence === undefined ? [] : text(`    kept in ${cells[0].evidence}`)),
      ...commandLines('reproduce:', cells[0]?.repro ?? '', width - 4).map((line) => `    ${line}`),
    ]),
    ...gone.flatMap(({ known, cells }) =>
      text(`  GONE: ${known.id}  did not show in ${namesOf(cells)}: ${known.what}`),
    ),
  ];
}

function namesOf(ids: readonly string[]): string {
  return `${ids.slice(0, MOST).join(', ')}${ids.length > MOST ? ` and ${ids.length - MOST} more` : ''}`;
}

/** How many pieces the cell's memory consists of. */
function piecesOf({ workload, seed }: Cell): number {
  const layout = kindOf(workload).ranges(workload);
  return layout === undefined ? 1 : rangesOf(layout, seed).length;
}
