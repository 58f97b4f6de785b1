/**
 * A table of what peer-to-peer DMA did in a run: a row for each relation of two devices, with and without a trusted host bridge, and a
 * column for each IOMMU mode. An entry summarizes the cells behind it.
 */
import { dutOf, p2pRelation } from '../fabric/index.js';
import { modelOf } from '../iommus/index.js';
import {
  type CellRecord,
  domainInForce,
  type Expectation,
  type Machine,
  runtimeOf,
  type Verdict,
} from '../model/index.js';
import { grid } from '../terminal/index.js';
import { type Cell, kindOf } from '../workloads/index.js';

type Entry = { expect: Expectation; verdict: Verdict };

/** No lines if the run has peer-to-peer cells on fewer than two machines. */
export function p2pTable(cells: readonly Cell[], records: readonly CellRecord[], width?: number): string[] {
  const verdicts = new Map(records.map(({ id, verdict }) => [id, verdict]));
  const rows = new Map<string, Map<string, Entry[]>>();
  const columns = new Set<string>();
  const machines = new Set<string>();
  for (const { id, machine, topology, workload, plant, expect } of cells) {
    const peer = kindOf(workload).peer(workload);
    if (peer === undefined || plant !== undefined) continue;
    machines.add(machine.id);
    const relation = p2pRelation(topology, dutOf(topology).id, peer);
    const row = `${relation}\0${machine.hostBridgeP2p ? 'trusted' : 'not trusted'}`;
    const column = modeOf(machine);
    columns.add(column);
    const entries = rows.get(row) ?? new Map<string, Entry[]>();
    rows.set(
      row,
      entries.set(column, [...(entries.get(column) ?? []), { expect, verdict: verdicts.get(id) ?? 'lost' }]),
    );
  }
  if (machines.size < 2) return [];
  const sorted = [...rows].sort(([a], [b]) => relationOf(a).localeCompare(relationOf(b)));
  const table = [
    ['peer-to-peer between', 'host bridge', ...columns],
    ...sorted.map(([row, entries]) => [
      ...row.split('\0'),
      ...[...columns].map((column) => entry(entries.get(column) ?? [])),
    ]),
  ];
  return grid(table, { width, keys: 2, align: () => 'left' });
}

function relationOf(row: string): string {
  return row.split('\0')[0] ?? '';
}

function modeOf({ iommu, bounce }: Machine): string {
  const mode = { none: 'no IOMMU', identity: 'passthrough', lazy: 'lazy', strict: 'strict' }[domainInForce(iommu)];
  const runtime = runtimeOf(iommu) === undefined ? mode : 'identity at run time';
  return `${modelOf(iommu).labels.column}${runtime}${bounce === 'force' ? ', swiotlb=force' : ''}`;
}

const ROUTES = {
  'bus-address': 'bus address',
  'host-bridge': 'host bridge',
  iova: 'IOVA',
  direct: 'directly',
  bounce: 'bounced',
} as const;

/** The expected result if all cells passed; else how many did not, and the worst verdict. */
function entry(entries: readonly Entry[]): string {
  if (entries.length === 0) return '-';
  const due = [...new Set(entries.map(({ expect }) => word(expect)))].join(' / ');
  for (const verdict of ['fail', 'lost', 'inconclusive'] as const) {
    const bad = entries.filter((one) => one.verdict === verdict).length;
    if (bad > 0) return `${verdict === 'fail' ? 'FAIL' : verdict}: ${bad} of ${entries.length}, expected: ${due}`;
  }
  return due;
}

function word(expect: Expectation): string {
  switch (expect.kind) {
    case 'works':
      return `works, ${ROUTES[expect.how]}`;
    case 'refused':
      return 'refused';
    case 'not-modelled':
      return 'not modelled';
    case 'caught':
      return 'caught';
  }
}
