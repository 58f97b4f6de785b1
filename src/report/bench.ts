/** The figures of a bench run as tables: a row for each thing measured, a column for each backend. */
import { type CellRecord, type Metric, measureName, subjectName } from '../model/index.js';
import { type Align, grid, wrapped } from '../terminal/index.js';
import { figuresIn } from '../workloads/index.js';
import { formatRatio } from './format.js';

export interface BenchTableOptions {
  /** Show each phase of a mapping separately instead of their sum. */
  phases?: boolean | undefined;
  /** Also show what was counted besides instructions. */
  counts?: boolean | undefined;
  /** The terminal's width in columns. */
  width?: number;
}

export function benchTables(records: readonly CellRecord[], options: BenchTableOptions): string[] {
  const groups = new Map<string, CellRecord[]>();
  for (const record of records.filter(({ verdict, metrics }) => verdict === 'pass' && metrics.length > 0)) {
    const where = `${record.machine}/${record.topology}/${record.workload}`;
    groups.set(where, [...(groups.get(where) ?? []), record]);
  }
  const tables = [...groups].flatMap(([where, cells]) => tablesOf(where, cells, options));
  return tables.filter(({ rows }) => rows.length > 1).flatMap((table) => linesOf(table, options.width));
}

/** The tables for one workload by all backends. The kind of workload decides which tables there are. */
function tablesOf(where: string, cells: readonly CellRecord[], options: BenchTableOptions): Table[] {
  const kind = cells[0]?.kind;
  const [phases, counts, whole, compared] = (['phase', 'count', 'whole', 'ratio'] as const).map((name) =>
    kind === undefined ? [] : figuresIn(name, kind),
  ) as [string[], string[], string[], string[]];
  const tables: Table[] = [];
  if (compared.length > 0) tables.push(ratios(where, cells, compared));
  if (whole.length > 0) tables.push(table(`${where}: instructions per I/O, queue_rq() and completion`, cells, whole));
  if (phases.length > 0 && options.phases)
    tables.push(...phases.map((phase) => table(`${where}: ${phase}, instructions`, cells, [phase])));
  else if (phases.length > 0) tables.push(table(`${where}: ${phases.join(' + ')}, instructions`, cells, phases));
  if (options.counts) tables.push(...counts.map((count) => table(`${where}: ${count}`, cells, [count])));
  return tables;
}

interface Table {
  title: string;
  /** The first row is the heading. */
  rows: string[][];
}

function linesOf({ title, rows }: Table, width = Number.POSITIVE_INFINITY): string[] {
  const align = (column: number): Align => (column === 0 ? 'left' : 'right');
  return ['', ...wrapped(title, width), ...grid(rows, { width, align })];
}

/** The name under which the kind declares the figure. */
function figureOf({ phase, what }: Metric): string {
  return phase ?? what;
}

/** A row for each thing measured; each figure is the sum of these parts. */
function table(title: string, cells: readonly CellRecord[], parts: readonly string[]): Table {
  const last = parts.at(-1) ?? '';
  const rows = new Set(
    cells.flatMap(({ metrics }) => metrics.filter((one) => figureOf(one) === last).map((one) => subjectName(one))),
  );
  const lines = [...rows].map((row) => [
    row,
    ...cells.map(({ metrics }) => {
      const values = parts.map(
        (part) => metrics.find((one) => figureOf(one) === part && subjectName(one) === row)?.value,
      );
      const sum = values.reduce<number | undefined>(
        (all, one) => (all === undefined || one === undefined ? undefined : all + one),
        0,
      );
      return sum === undefined ? '-' : sum.toLocaleString('en-US');
    }),
  ]);
  return { title, rows: [headOf(cells), ...lines] };
}

function headOf(cells: readonly CellRecord[]): string[] {
  return ['', ...cells.map(({ backend }) => backend)];
}

/** Throughput and latency as ratios to the kernel's nvme driver: the median, and the range of the rounds. */
function ratios(where: string, cells: readonly CellRecord[], compared: readonly string[]): Table {
  const found = cells.map(
    ({ metrics }) =>
      new Map(metrics.filter(({ what }) => compared.includes(what)).map((one) => [measureName(one), one])),
  );
  const names = new Set(found.flatMap((metrics) => [...metrics.keys()]));
  return {
    title: `${where}: ratio to the kernel's nvme driver, measured in alternating rounds; the times are emulated, so only the ratio is meaningful`,
    rows: [headOf(cells), ...[...names].map((name) => [name, ...found.map((metrics) => spread(metrics.get(name)))])],
  };
}

function spread(metric: Metric | undefined): string {
  if (metric === undefined) return '-';
  const samples = metric.samples ?? [metric.value];
  return `${formatRatio(metric.value)} (${formatRatio(Math.min(...samples))} to ${formatRatio(Math.max(...samples))})`;
}
