/** The figures that the budgets are about, out of the cells of a bench. Pure. */
import type { CellRecord } from '../model/index.js';
import type { IoCosts, MapCosts, Measured, Reads, Translated } from './budgets.js';

const STRICT = 'vtd-strict-icount';
const PASSTHROUGH = 'vtd-pt-icount';

const TRANSLATED = [
  { what: '256 pages of 4 KiB', point: '4k 1 MiB', share: 1 },
  { what: '16 chunks of 64 KiB', point: '64k 1 MiB', share: 0.95 },
  { what: '8 chunks of 2 MiB', point: '2m 16 MiB', share: 0.95 },
  { what: '64 chunks of 2 MiB', point: '2m 128 MiB', share: 0.95 },
];
const IDENTITY = [
  { what: '1 page', point: '4k 4 KiB' },
  { what: '256 pages of 4 KiB', point: '4k 1 MiB' },
  { what: '1 GiB in chunks of 2 MiB', point: '2m 1 GiB' },
];
const METADATA = [
  { what: '4 KiB', layout: '4k ', budget: 8.1 },
  { what: '64 KiB', layout: '64k ', budget: 0.51 },
  { what: '2 MiB', layout: '2m ', budget: 0.017 },
];

/** By cell and metric; `undefined` for what was not measured, or not by a cell that passed. */
type Figures = (machine: string, workload: string, backend: string, metric: string) => number | undefined;

/** What was not measured is left out. */
export function measuredBy(records: readonly CellRecord[]): Measured {
  const cells = new Map(
    records
      .filter(({ verdict }) => verdict === 'pass')
      .map(({ machine, workload, backend, metrics }) => [
        `${machine}/${workload}/${backend}`,
        new Map(metrics.map(({ name, value }) => [name, value])),
      ]),
  );
  const figure: Figures = (machine, workload, backend, metric) =>
    cells.get(`${machine}/${workload}/${backend}`)?.get(metric);
  const registered = (machine: string) => cells.get(`${machine}/bench-map/registered`) ?? new Map<string, number>();
  return {
    identity: IDENTITY.flatMap(({ what, point }) => {
      const cost = mapCosts(figure, PASSTHROUGH, 'phyr8', point);
      return cost === undefined ? [] : [{ what, cost: cost.map + cost.unmap }];
    }),
    translated: TRANSLATED.flatMap((row) => translated(figure, row)),
    registered: [
      ...registeredOf('strict', registered(STRICT)),
      ...registeredOf('passthrough', registered(PASSTHROUGH)),
    ],
    reads: [
      ...[4, 128].flatMap((kib) => reads(figure, 'strict', STRICT, kib)),
      ...[4, 128].flatMap((kib) => reads(figure, 'passthrough', PASSTHROUGH, kib)),
    ],
    metadata: METADATA.flatMap(({ what, layout, budget }) =>
      metadata(cells.get(`${PASSTHROUGH}/bench-metadata/phyr8`), layout).map((found) => ({ what, budget, ...found })),
    ),
  };
}

function mapCosts(figure: Figures, machine: string, backend: string, point: string): MapCosts | undefined {
  const [map, unmap] = [`${point} map`, `${point} unmap`].map((name) => figure(machine, 'bench-map', backend, name));
  return map === undefined || unmap === undefined ? undefined : { map, unmap };
}

function translated(figure: Figures, { what, point, share }: (typeof TRANSLATED)[number]): Translated[] {
  const costs = (backend: string) => mapCosts(figure, STRICT, backend, point);
  const [sg, iova, iter, raw, phyr] = ['sg', 'iova', 'iter', 'raw', 'phyr8'].map(costs);
  return sg && iova && iter && raw && phyr ? [{ what, share, sg, iova, iter, raw, phyr }] : [];
}

/** The dearest of all lists and lengths. */
function registeredOf(machine: string, figures: Map<string, number>): Measured['registered'] {
  const points = [...figures.keys()].filter((name) => name.endsWith(' map')).map((name) => name.slice(0, -4));
  if (points.length === 0) return [];
  const cost = Math.max(
    ...points.map((point) => (figures.get(`${point} map`) ?? 0) + (figures.get(`${point} unmap`) ?? 0)),
  );
  const flushes = points.flatMap((point) => figures.get(`${point} IOTLB invalidations`) ?? []);
  return [{ machine, cost, flushes: flushes.length > 0 ? Math.max(...flushes) : undefined }];
}

function reads(figure: Figures, name: string, machine: string, kib: number): Reads[] {
  const [stock, iter, phyr] = ['nvme', 'iter', 'phyr8'].map((backend): IoCosts | undefined => {
    const of = (what: string) => figure(machine, 'bench-io', backend, `read ${kib} KiB ${what}`);
    const [queue, complete] = [of('queue'), of('complete')];
    return queue === undefined || complete === undefined
      ? undefined
      : { queue, complete, map: of('map') ?? 0, unmap: of('unmap') ?? 0 };
  });
  return stock && iter && phyr ? [{ machine: name, pages: kib / 4, stock, iter, phyr }] : [];
}

/** The one length of the layout that fills the links of its list. */
function metadata(figures: Map<string, number> | undefined, layout: string): { pages: number; bytes: number }[] {
  return [...(figures ?? [])].flatMap(([name, bytes]) => {
    const kib =
      name.startsWith(layout) && name.endsWith(' metadata') ? kibOf(name.slice(layout.length, -9)) : undefined;
    return kib === undefined ? [] : [{ pages: kib / 4, bytes }];
  });
}

function kibOf(size: string): number | undefined {
  const [number, unit] = size.split(' ');
  const scale = { KiB: 1, MiB: 1024, GiB: 1 << 20 }[unit ?? ''];
  return scale === undefined ? undefined : Number(number) * scale;
}
