/** What the same work cost by each backend, the kernel's and ours. */
import { type CellRecord, measureName, subjectName } from '../model/index.js';
import { figuresIn } from '../workloads/index.js';

/** Cells with the same work on the same machine that passed and counted instructions. */
export interface CostGroup {
  machine: string;
  /** `undefined`: the backends ran on different topologies, and each row names its own. */
  topology: string | undefined;
  workload: string;
  unit: string;
  rows: CostRow[];
}

export interface CostRow {
  backend: string;
  topology: string;
  /** The backend belongs to this project, not to the kernel. */
  ours: boolean;
  phases: { name: string; value: number }[];
  total: number;
  /** Of the total of `sg`; `undefined` if there is none. */
  ratio: number | undefined;
}

/** In the order of the tables: the kernel's first. */
const BACKENDS: readonly string[] = ['sg', 'iter', 'iova', 'phyr16', 'phyr8'];

/** In the order in which they are executed. */
const PHASES = figuresIn('phase');

export function isOurs(backend: string): boolean {
  return backend.startsWith('phyr');
}

/**
 * Instructions by phase, where at least two backends counted them. Cells that measure many points have tables of their own (bench.ts),
 * because the sum over the points means nothing.
 */
export function instructionCosts(records: readonly CellRecord[]): CostGroup[] {
  const groups = new Map<string, CostGroup>();
  for (const { machine, topology, workload, backend, plant, verdict, metrics } of records) {
    const phases = metrics
      .filter((metric) => metric.unit === 'insn' && subjectName(metric) === '')
      .flatMap(({ phase, value }) => (phase !== undefined && PHASES.includes(phase) ? [{ name: phase, value }] : []))
      .sort((a, b) => PHASES.indexOf(a.name) - PHASES.indexOf(b.name));
    if (verdict !== 'pass' || plant !== undefined || phases.length === 0) continue;
    const group = groups.get(`${machine}/${workload}`) ?? {
      machine,
      topology: undefined,
      workload,
      unit: 'insn',
      rows: [],
    };
    groups.set(`${machine}/${workload}`, group);
    const total = phases.reduce((sum, { value }) => sum + value, 0);
    group.rows.push({ backend, topology, ours: isOurs(backend), phases, total, ratio: undefined });
  }
  return [...groups.values()]
    .flatMap(byTopology)
    .filter(({ rows }) => new Set(rows.map(({ backend }) => backend)).size > 1)
    .map(compared);
}

/**
 * Splits a group by topology. A sparse plan runs each backend on another topology, which does not influence these counts; a full plan runs
 * all of them on each.
 */
function byTopology(group: CostGroup): CostGroup[] {
  const topologies = [...new Set(group.rows.map(({ topology }) => topology))];
  const split = topologies.map((topology) => ({
    ...group,
    topology,
    rows: group.rows.filter((row) => row.topology === topology),
  }));
  const full = split.filter(({ rows }) => rows.length > 1);
  const covered = new Set(full.flatMap(({ rows }) => rows.map(({ backend }) => backend)));
  return group.rows.every(({ backend }) => covered.has(backend))
    ? full
    : [{ ...group, rows: group.rows.filter(isFirst) }];
}

/** Drops a row that repeats the backend and total of an earlier one on another topology. */
function isFirst(row: CostRow, at: number, rows: readonly CostRow[]): boolean {
  return rows.findIndex(({ backend, total }) => backend === row.backend && total === row.total) === at;
}

function compared(group: CostGroup): CostGroup {
  const base = group.rows.find(({ backend }) => backend === 'sg')?.total;
  const rows = group.rows
    .map((row) => ({ ...row, ratio: base === undefined || base === 0 ? undefined : row.total / base }))
    .sort((a, b) => orderOf(a.backend) - orderOf(b.backend));
  return { ...group, rows };
}

function orderOf(backend: string): number {
  const at = BACKENDS.indexOf(backend);
  return at === -1 ? BACKENDS.length : at;
}

/** A figure of each backend as a ratio to that of `sg`, from the same run, machine and work. */
export interface Ratios {
  metric: string;
  unit: string;
  better: 'lower' | 'higher';
  rows: { backend: string; ours: boolean; points: { cell: string; ratio: number }[] }[];
}

export function ratiosToSg(records: readonly CellRecord[]): Ratios[] {
  const measured = new Map<string, Measured[]>();
  const kinds = new Map<string, { metric: string; unit: string; better: 'lower' | 'higher' }>();
  for (const { id, machine, topology, workload, backend, plant, verdict, metrics } of records) {
    if (verdict !== 'pass' || plant !== undefined) continue;
    const work = `${machine}/${topology}/${workload}`;
    for (const metric of metrics) {
      const { unit, better, value } = metric;
      if (better === 'neither' || unit === 'insn') continue;
      const name = measureName(metric);
      const kind = `${name}\0${unit}`;
      kinds.set(kind, { metric: name, unit, better });
      measured.set(kind, [...(measured.get(kind) ?? []), { id, work, backend, value }]);
    }
  }
  return [...kinds]
    .map(([kind, what]) => ({ ...what, rows: rowsOf(measured.get(kind) ?? []) }))
    .filter(({ rows }) => rows.length > 0);
}

interface Measured {
  id: string;
  /** The cell's parts except its backend. */
  work: string;
  backend: string;
  value: number;
}

function rowsOf(measured: readonly Measured[]): Ratios['rows'] {
  const rows = new Map<string, { cell: string; ratio: number }[]>();
  const bases = new Map(measured.filter(({ backend }) => backend === 'sg').map(({ work, value }) => [work, value]));
  for (const { id, work, backend, value } of measured) {
    const base = bases.get(work);
    if (backend === 'sg' || base === undefined || base === 0) continue;
    rows.set(backend, [...(rows.get(backend) ?? []), { cell: id, ratio: value / base }]);
  }
  return [...rows]
    .sort(([a], [b]) => orderOf(a) - orderOf(b))
    .map(([backend, points]) => ({ backend, ours: isOurs(backend), points }));
}
