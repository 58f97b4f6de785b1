/**
 * The leak oracle: what the guest's kernel counts, before the device was bound and after it was let go.
 */
import { z } from 'zod';
import type { OracleReport } from '../model/index.js';

const Count = z.number().nullable();

/** `phyrctl snapshot`. What the kernel does not show is null, never 0. */
export const Snapshot = z.object({
  snapshot: z.object({
    pins: z.object({ acquired: Count, released: Count }),
    swiotlb_used: Count,
    iommu: z.object({ map_events: Count, map_bytes: Count, unmap_events: Count, unmap_bytes: Count }),
    tainted: Count,
    slab: z.record(z.string(), Count).nullable(),
    modules: z.record(z.string(), z.number()).nullable(),
  }),
});
export type Snapshot = z.infer<typeof Snapshot>;

/** A stretch of time in which the kernel was counting. */
export interface LeakWindow {
  before: Snapshot;
  after: Snapshot | undefined;
}

/** At the end of each window all must be as at its beginning. */
export function judgeLeaks(windows: readonly LeakWindow[]): OracleReport {
  const balances: Balance[] = [];
  for (const { before, after } of windows) {
    if (after === undefined) return report('inconclusive', 'no counters after the workload: could not look');
    balances.push(...balancesOf(before, after));
  }
  const leaked = balances.filter(({ left }) => left !== undefined && left !== 0);
  if (leaked.length > 0) {
    return report('fail', leaked.map(({ what, left, unit }) => `${what}: ${left} ${unit} left`).join('; '));
  }
  const unseen = balances.filter(({ left }) => left === undefined).map(({ what }) => what);
  if (unseen.length > 0) return report('inconclusive', `the kernel does not show: ${unseen.join(', ')}`);
  return report('pass', [...new Set(balances.map(({ what }) => what))].join(', '));
}

function report(verdict: OracleReport['verdict'], detail: string): OracleReport {
  return { name: 'leaks', verdict, detail };
}

interface Balance {
  what: string;
  unit: string;
  /** Above 0: taken and not given back. `undefined`: could not be read. */
  left: number | undefined;
}

function* balancesOf({ snapshot: a }: Snapshot, { snapshot: b }: Snapshot): Generator<Balance> {
  yield {
    what: 'page pins',
    unit: 'pages',
    left: minus(minus(b.pins.acquired, b.pins.released), minus(a.pins.acquired, a.pins.released)),
  };
  yield {
    what: 'IOMMU mappings',
    unit: 'bytes',
    left: minus(minus(b.iommu.map_bytes, b.iommu.unmap_bytes), minus(a.iommu.map_bytes, a.iommu.unmap_bytes)),
  };
  // Without a bounce buffer there is no such counter, and nothing that could leak.
  if (a.swiotlb_used !== null || b.swiotlb_used !== null) {
    yield { what: 'bounce buffers', unit: 'slots', left: minus(b.swiotlb_used, a.swiotlb_used) };
  }
  if (a.slab === null || b.slab === null) yield { what: 'slab objects', unit: 'objects', left: undefined };
  for (const [cache, count] of Object.entries(b.slab ?? {})) {
    yield { what: `slab ${cache}`, unit: 'objects', left: minus(count, a.slab?.[cache] ?? 0) };
  }
  if (a.modules === null || b.modules === null)
    yield { what: 'module references', unit: 'references', left: undefined };
  for (const [module, users] of Object.entries(a.modules ?? {})) {
    yield { what: `references of ${module}`, unit: 'references', left: minus(b.modules?.[module] ?? 0, users) };
  }
}

function minus(a: number | null | undefined, b: number | null | undefined): number | undefined {
  return typeof a === 'number' && typeof b === 'number' ? a - b : undefined;
}
