/**
 * The budgets of the library and the driver, in instructions. Each is compared with the kernel's own way of doing the same, and with the floor
 * below which no caller of the IOMMU API can go. Pure.
 */

/** How close to the floor is good enough if the floor is above the budget. */
export const NEAR_FLOOR = 1.03;

export interface MapCosts {
  map: number;
  unmap: number;
}

/** One layout under a translating IOMMU. `raw` calls iommu_map() for each chunk and nothing else: the floor. */
export interface Translated {
  what: string;
  /** The budget as a share of the cheapest kernel path. */
  share: number;
  sg: MapCosts;
  iova: MapCosts;
  iter: MapCosts;
  raw: MapCosts;
  phyr: MapCosts;
}

export interface IoCosts {
  queue: number;
  complete: number;
  /** How much of it describing and mapping take; 0 in the kernel's driver. */
  map: number;
  unmap: number;
}

/** Reads of a disk, one at a time. */
export interface Reads {
  machine: string;
  /** In pages that are not adjacent. */
  pages: number;
  stock: IoCosts;
  iter: IoCosts;
  phyr: IoCosts;
}

export interface Measured {
  identity: { what: string; cost: number }[];
  translated: Translated[];
  registered: { machine: string; cost: number; flushes: number | undefined }[];
  reads: Reads[];
  metadata: { what: string; pages: number; bytes: number; budget: number }[];
}

export interface BudgetRow {
  what: string;
  measured: number;
  budget: number;
  /** The cost of the kernel's own path, if the budget is a share of it. */
  kernel?: number;
  floor?: number;
  /** `floor`: over budget, but within 3 % of the floor, which is above the budget, too. */
  verdict: 'met' | 'floor' | 'missed';
}

const IDENTITY = 150;
const REGISTERED = 250;
/** The budget for queue_rq() of a 128 KiB read, as a share of the kernel's, by machine. */
const QUEUE_SHARE: Record<string, number> = { strict: 0.95, passthrough: 0.5 };

export function budgetRows(measured: Measured): BudgetRow[] {
  return [
    ...measured.identity.map(({ what, cost }) => row(`identity, ${what}: map + unmap`, cost, IDENTITY)),
    ...measured.translated.flatMap((translated) => [...translatedRows(translated)]),
    ...measured.registered.flatMap(({ machine, cost, flushes }) => [
      row(`I/O on a registered list, ${machine}`, cost, REGISTERED),
      ...(flushes === undefined ? [] : [row(`  IOTLB invalidations by it, ${machine}`, flushes, 0)]),
    ]),
    ...measured.reads.flatMap((reads) => [...readRows(reads)]),
    ...measured.metadata.map(({ what, pages, bytes, budget }) =>
      row(`metadata, ${what}, ${pages} pages: bytes per page`, bytes / pages, budget),
    ),
  ];
}

function* translatedRows({ what, share, sg, iova, iter, raw, phyr }: Translated): Generator<BudgetRow> {
  for (const step of ['map', 'unmap'] as const) {
    const kernel = Math.min(sg[step], iova[step], iter[step]);
    yield row(`strict, ${what}: ${step}`, phyr[step], share * kernel, kernel, raw[step]);
  }
}

function* readRows({ machine, pages, stock, iter, phyr }: Reads): Generator<BudgetRow> {
  const size = `${pages * 4} KiB read, ${machine}`;
  const data = (costs: IoCosts) => costs.map + costs.unmap;
  const whole = (costs: IoCosts) => costs.queue + costs.complete;
  yield row(`${size}: build + map + PRPs + unmap (iter)`, data(phyr), 0.95 * data(iter), data(iter));
  if (pages === 1) yield row(`${size}: queue_rq + completion (nvme)`, whole(phyr), whole(stock), whole(stock));
  const share = QUEUE_SHARE[machine];
  if (pages > 1 && share !== undefined)
    yield row(`${size}: queue_rq (nvme)`, phyr.queue, share * stock.queue, stock.queue);
}

function row(what: string, measured: number, budget: number, kernel?: number, floor?: number): BudgetRow {
  const near = floor !== undefined && floor > budget && measured <= NEAR_FLOOR * floor;
  return {
    what,
    measured,
    budget,
    ...(kernel !== undefined && { kernel }),
    ...(floor !== undefined && { floor }),
    verdict: measured <= budget ? 'met' : near ? 'floor' : 'missed',
  };
}
