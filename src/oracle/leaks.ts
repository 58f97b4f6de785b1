/**
 * The leak oracle. It compares what the guest's kernel counts before the device is bound and after it is unbound.
 */
import { z } from 'zod';
import { couldNotLook, type ObjectionOf, type OracleReport, objects, passes } from '../model/index.js';

const Count = z.number().nullable();

/** kmalloc memory that the modules have allocated since counting began and not freed, by the place of the call. */
const Allocations = z.object({
  objects: z.number(),
  bytes: z.number(),
  sites: z.array(z.object({ at: z.string(), objects: z.number(), bytes: z.number() })),
});

/** `phyrctl counters`. Counters that the kernel does not provide are null, never 0. */
export const Counters = z.object({
  counters: z.object({
    pins: z.object({ acquired: Count, released: Count }),
    swiotlb_used: Count,
    iommu: z.object({
      map_events: Count,
      map_bytes: Count,
      unmap_events: Count,
      unmap_bytes: Count,
      iova_alloc_events: Count,
      iova_free_events: Count,
    }),
    tainted: Count,
    slab: z.record(z.string(), Count).nullable(),
    allocations: Allocations.nullable(),
    /** Bytes that the modules have from vmalloc(). */
    vmalloc: Count,
    dma_bufs: Count,
    modules: z.record(z.string(), z.number()).nullable(),
  }),
});
export type Counters = z.infer<typeof Counters>;

/** How much of a function's peer-to-peer memory was in use when its driver was unbound. */
export const P2pMemory = z.object({ p2p: z.object({ bdf: z.string(), used: z.number() }) });
export type P2pMemory = z.infer<typeof P2pMemory>;

export interface LeakEvidence {
  /** Before a driver is bound to the device. */
  before: Counters;
  /** After it was unbound. `undefined`: the cell did not get that far. */
  after: Counters | undefined;
  /** A part in which IOMMU mappings and allocations were not counted: the counters before and after it, which both start from zero. */
  uncounted?: { from: Counters; to: Counters } | undefined;
  /** One for each unbinding of a function with peer-to-peer memory. */
  p2p?: readonly P2pMemory[];
  /** Does this machine's IOMMU translate? Then there must be mappings, or the counter does not work. */
  translated: boolean;
}

export function judgeLeaks({ before, after, uncounted, p2p = [], translated }: LeakEvidence): OracleReport {
  if (after === undefined) return blind('counters-missing', 'no counters after the workload: could not look');
  const windows: [Counters, Counters][] = uncounted
    ? [
        [before, uncounted.from],
        [uncounted.to, after],
      ]
    : [[before, after]];
  const mappings = windows.map(([from, to]) => mapped(from, to));
  const balances = [...countersOf(before, after), ...windows.flatMap(([from, to]) => allocated(from, to))];
  if (translated) {
    for (const { left, iovas } of mappings) {
      balances.push({ code: 'mappings-left', what: 'IOMMU mappings', unit: 'bytes', left });
      // A kernel without kprobe events has no such counter, but still counts the mappings.
      if (iovas !== undefined) balances.push({ code: 'iova-left', what: 'IOVAs', unit: 'ranges', left: iovas });
    }
  }
  for (const { p2p: memory } of p2p)
    balances.push({ code: 'p2p-memory-left', what: 'P2P memory', unit: 'bytes', left: memory.used });
  const leaked = balances.filter(({ left }) => left !== undefined && left !== 0);
  if (leaked.length > 0) {
    return objects(
      'leaks',
      leaked.map(({ code, what, left, unit, at }) => ({
        code,
        detail: `${what}: ${left} ${unit} left${at === undefined ? '' : `, from ${at}`}`,
        where: { counter: what },
      })),
    );
  }
  const unseen = balances.filter(({ left }) => left === undefined).map(({ what }) => what);
  if (unseen.length > 0)
    return blind('counter-unreadable', `the kernel does not provide: ${unseen.join(', ')}`, unseen.join(', '));
  if (translated && mappings.every(({ events }) => events === 0)) {
    return blind('counter-silent', 'no IOMMU mapping was counted: the counter does not work');
  }
  return passes('leaks', [...new Set(balances.map(({ what }) => what))].join(', '));
}

type Code = ObjectionOf<'leaks'>['code'];

function blind(code: Code, detail: string, counter?: string): OracleReport {
  return couldNotLook('leaks', [{ code, detail, ...(counter !== undefined && { where: { counter } }) }]);
}

interface Balance {
  code: Code;
  what: string;
  unit: string;
  /** Above 0: taken and not released. `undefined`: could not be read. */
  left: number | undefined;
  /** Who took it. */
  at?: string;
}

/** How many places are named. */
const MOST_SITES = 4;

/** Memory of the modules' that is allocated and not freed between two readings of one count. */
function allocated({ counters: a }: Counters, { counters: b }: Counters): Balance[] {
  const balance = { code: 'allocations-left', what: 'kmalloc memory', unit: 'objects' } as const;
  if (a.allocations === null || b.allocations === null) return [{ ...balance, left: undefined }];
  const sites = b.allocations.sites.toSorted((one, other) => other.objects - one.objects);
  const named = sites.slice(0, MOST_SITES).map(({ at, objects, bytes }) => `${at} (${objects}, ${bytes} bytes)`);
  const more = sites.length > named.length ? [`${sites.length - named.length} more places`] : [];
  return [{ ...balance, left: b.allocations.objects - a.allocations.objects, at: [...named, ...more].join(', ') }];
}

/** Bytes and IOVAs that are still mapped, and the number of map calls, between two readings. */
function mapped(
  { counters: a }: Counters,
  { counters: b }: Counters,
): { left: number | undefined; iovas: number | undefined; events: number | undefined } {
  const taken = minus(b.iommu.iova_alloc_events, a.iommu.iova_alloc_events);
  return {
    iovas: minus(taken, minus(b.iommu.iova_free_events, a.iommu.iova_free_events)),
    left: minus(minus(b.iommu.map_bytes, b.iommu.unmap_bytes), minus(a.iommu.map_bytes, a.iommu.unmap_bytes)),
    events: minus(b.iommu.map_events, a.iommu.map_events),
  };
}

function* countersOf({ counters: a }: Counters, { counters: b }: Counters): Generator<Balance> {
  yield {
    code: 'pins-left',
    what: 'page pins',
    unit: 'pages',
    left: minus(minus(b.pins.acquired, b.pins.released), minus(a.pins.acquired, a.pins.released)),
  };
  // Without bounce buffers there is no such counter, and nothing that could leak.
  if (a.swiotlb_used !== null || b.swiotlb_used !== null) {
    yield {
      code: 'bounce-buffers-left',
      what: 'bounce buffers',
      unit: 'slots',
      left: minus(b.swiotlb_used, a.swiotlb_used),
    };
  }
  // The modules are loaded at both ends, so an empty list means that nobody looked.
  const caches = new Set([a, b].flatMap(({ slab }) => Object.keys(slab ?? {})));
  if (a.slab === null || b.slab === null || caches.size === 0)
    yield { code: 'slab-grew', what: 'slab objects', unit: 'objects', left: undefined };
  for (const cache of caches) {
    yield {
      code: 'slab-grew',
      what: `slab ${cache}`,
      unit: 'objects',
      left: minus(b.slab?.[cache], a.slab?.[cache] ?? 0),
    };
  }
  yield { code: 'vmalloc-left', what: 'vmalloc memory', unit: 'bytes', left: minus(b.vmalloc, a.vmalloc) };
  // A kernel without dma-buf has no such counter, and nothing that could leak.
  if (a.dma_bufs !== null || b.dma_bufs !== null)
    yield { code: 'dma-bufs-left', what: 'dma-bufs', unit: 'buffers', left: minus(b.dma_bufs, a.dma_bufs) };
  const users = b.modules;
  if (users === null || Object.keys(a.modules ?? {}).length === 0) {
    yield { code: 'module-references-left', what: 'module references', unit: 'references', left: undefined };
    return;
  }
  // A module that was loaded later has no references any more.
  for (const module of new Set([a, b].flatMap(({ modules }) => Object.keys(modules ?? {})))) {
    yield {
      code: 'module-references-left',
      what: `references of ${module}`,
      unit: 'references',
      left: (users[module] ?? 0) - (a.modules?.[module] ?? 0),
    };
  }
}

function minus(a: number | null | undefined, b: number | null | undefined): number | undefined {
  return typeof a === 'number' && typeof b === 'number' ? a - b : undefined;
}
