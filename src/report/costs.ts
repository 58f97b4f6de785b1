/** What the same work cost by each backend: the kernel's paths beside ours. */
import type { CellRecord } from '../model/index.js';
import { figuresIn } from '../workloads/index.js';

/** The same work on the same machine, as far as it passed and was counted. */
export interface CostGroup {
  machine: string;
  /** `undefined`: no two backends had the same one, and each row says its own. */
  topology: string | undefined;
  workload: string;
  unit: string;
  rows: CostRow[];
}

export interface CostRow {
  backend: string;
  topology: string;
  /** Of the project, not of the kernel. */
  ours: boolean;
  phases: { name: string; value: number }[];
  total: number;
  /** Of the total of `sg`; `undefined` if that is not there. */
  ratio: number | undefined;
}

/** As a table lists them: the kernel's ways first. */
const BACKENDS: readonly string[] = ['sg', 'iter', 'iova', 'phyr16', 'phyr8'];

/** As they follow each other. */
const PHASES = figuresIn('phase');

export function isOurs(backend: string): boolean {
  return backend.startsWith('phyr');
}

/**
 * Instructions, phase by phase. Only what two backends at least have counted can be compared. Cells that measure many points have
 * tables of their own (bench.ts): their sum would say nothing.
 */
export function instructionCosts(records: readonly CellRecord[]): CostGroup[] {
  const groups = new Map<string, CostGroup>();
  for (const { id, verdict, metrics } of records) {
    const phases = metrics
      .filter(({ name, unit }) => unit === 'insn' && PHASES.includes(name))
      .map(({ name, value }) => ({ name, value }))
      .sort((a, b) => PHASES.indexOf(a.name) - PHASES.indexOf(b.name));
    if (verdict !== 'pass' || id.includes('!') || phases.length === 0) continue;
    const [machine = '', topology = '', workload = '', backend = ''] = id.split('/');
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

/** A sparse plan has each backend on another topology, which such counts do not depend on; a full one has them all on each. */
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

/** Is this row not what another has said, with another topology? */
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

/** A figure of every backend as a ratio to that of `sg` in the same run, on the same machine, at the same work. */
export interface Ratios {
  metric: string;
  unit: string;
  better: 'lower' | 'higher';
  rows: { backend: string; ours: boolean; points: { cell: string; ratio: number }[] }[];
}

export function ratiosToSg(records: readonly CellRecord[]): Ratios[] {
  const values = new Map<string, Map<string, number>>();
  const kinds = new Map<string, { metric: string; unit: string; better: 'lower' | 'higher' }>();
  for (const { id, verdict, metrics } of records) {
    if (verdict !== 'pass' || id.includes('!')) continue;
    for (const { name, unit, better, value } of metrics) {
      if (better === 'neither' || unit === 'insn') continue;
      const kind = `${name}\0${unit}`;
      kinds.set(kind, { metric: name, unit, better });
      values.set(kind, (values.get(kind) ?? new Map()).set(id, value));
    }
  }
  return [...kinds]
    .map(([kind, what]) => ({ ...what, rows: rowsOf(values.get(kind) ?? new Map()) }))
    .filter(({ rows }) => rows.length > 0);
}

function rowsOf(values: ReadonlyMap<string, number>): Ratios['rows'] {
  const rows = new Map<string, { cell: string; ratio: number }[]>();
  for (const [cell, value] of values) {
    const at = cell.lastIndexOf('/');
    const backend = cell.slice(at + 1);
    const base = values.get(`${cell.slice(0, at)}/sg`);
    if (backend === 'sg' || base === undefined || base === 0) continue;
    rows.set(backend, [...(rows.get(backend) ?? []), { cell, ratio: value / base }]);
  }
  return [...rows]
    .sort(([a], [b]) => orderOf(a) - orderOf(b))
    .map(([backend, points]) => ({ backend, ours: isOurs(backend), points }));
}
