/** What a bench measured, as tables: what was measured down, the ways across. */
import type { CellRecord, Metric } from '../model/index.js';
import { type Align, grid, wrapped } from '../terminal/index.js';
import { figuresIn } from '../workloads/index.js';
import { formatRatio } from './format.js';

export interface BenchTableOptions {
  /** Each phase of a mapping by itself instead of their sum. */
  phases?: boolean | undefined;
  /** What was done besides executing instructions. */
  counts?: boolean | undefined;
  /** Columns of the terminal. */
  width?: number;
}

const PHASES = figuresIn('phase');
const COUNTS = figuresIn('count');
/** Of a whole I/O. */
const WHOLE = figuresIn('whole');

export function benchTables(records: readonly CellRecord[], options: BenchTableOptions): string[] {
  const groups = new Map<string, CellRecord[]>();
  for (const record of records.filter(({ verdict, metrics }) => verdict === 'pass' && metrics.length > 0)) {
    const where = `${record.machine}/${record.topology}/${record.workload}`;
    groups.set(where, [...(groups.get(where) ?? []), record]);
  }
  const tables = [...groups].flatMap(([where, cells]) => {
    if (cells.some(({ metrics }) => metrics.some(({ samples }) => samples !== undefined)))
      return [ratios(where, cells)];
    const columns = cells.map(({ backend, metrics }) => ({
      way: backend,
      figures: new Map(metrics.map(({ name, value }) => [name, value])),
    }));
    const names = new Set(columns.flatMap(({ figures }) => [...figures.keys()]));
    const whole = [...names].some((name) => WHOLE.some((figure) => name.endsWith(` ${figure}`)));
    const tables = whole
      ? [table(`${where}: instructions of an I/O, queue_rq() and completion`, columns, WHOLE)]
      : options.phases
        ? PHASES.map((phase) => table(`${where}: ${phase}, instructions`, columns, [phase]))
        : [table(`${where}: ${PHASES.join(' + ')}, instructions`, columns, PHASES)];
    const counts = options.counts && !whole ? COUNTS.map((count) => table(`${where}: ${count}`, columns, [count])) : [];
    return [...tables, ...counts];
  });
  return tables.filter(({ rows }) => rows.length > 1).flatMap((table) => linesOf(table, options.width));
}

interface Table {
  title: string;
  /** The first is the heading. */
  rows: string[][];
}

function linesOf({ title, rows }: Table, width = Number.POSITIVE_INFINITY): string[] {
  const align = (column: number): Align => (column === 0 ? 'left' : 'right');
  return ['', ...wrapped(title, width), ...grid(rows, { width, align })];
}

interface Column {
  way: string;
  figures: ReadonlyMap<string, number>;
}

/** A row for each thing measured, its figures the sum of these. */
function table(title: string, columns: readonly Column[], parts: readonly string[]): Table {
  const [last = ''] = parts;
  const rows = new Set(
    columns.flatMap(({ figures }) => [...figures.keys()].flatMap((name) => prefix(name, last) ?? [])),
  );
  const lines = [...rows].map((row) => [
    row,
    ...columns.map(({ figures }) => {
      const values = parts.map((part) => figures.get(row === '' ? part : `${row} ${part}`));
      const sum = values.reduce<number | undefined>(
        (all, one) => (all === undefined || one === undefined ? undefined : all + one),
        0,
      );
      return sum === undefined ? '-' : sum.toLocaleString('en-US');
    }),
  ]);
  return { title, rows: [['', ...columns.map(({ way }) => way)], ...lines] };
}

function prefix(name: string, part: string): string | undefined {
  if (name === part) return '';
  return name.endsWith(` ${part}`) ? name.slice(0, -part.length - 1) : undefined;
}

/** Throughput and latency: what ours is of the kernel's, the middle and all of the rounds. */
function ratios(where: string, cells: readonly CellRecord[]): Table {
  const names = new Set(
    cells.flatMap(({ metrics }) => metrics.filter(({ unit }) => unit === 'x').map(({ name }) => name)),
  );
  const lines = [...names].map((name) => [
    name,
    ...cells.map(({ metrics }) => spread(metrics.find((metric) => metric.name === name))),
  ]);
  const ways = cells.map(({ backend }) => backend);
  return {
    title: `${where}: in turns with the kernel's nvme; emulated time, which is not hardware time: only the ratio means anything`,
    rows: [['', ...ways], ...lines],
  };
}

function spread(metric: Metric | undefined): string {
  if (metric === undefined) return '-';
  const samples = metric.samples ?? [metric.value];
  return `${formatRatio(metric.value)} (${formatRatio(Math.min(...samples))} to ${formatRatio(Math.max(...samples))})`;
}
