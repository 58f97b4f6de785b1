/** Finds the figures that have budgets in the cells of a bench run. Pure. */
import { type CellRecord, type Measure, type Metric, measureName } from '../model/index.js';
import type { IoCosts, MapCosts, Measured, Reads, Translated } from './budgets.js';

const STRICT = 'vtd-strict-icount';
const PASSTHROUGH = 'vtd-pt-icount';

const MIB = 1024;
const GIB = 1024 * MIB;

type Point = Pick<Measure, 'layout' | 'size_kib'>;

const at = (layout: string, size_kib: number): Point => ({ layout, size_kib });

const TRANSLATED = [
  { what: '256 pages of 4 KiB', point: at('4k', MIB), share: 1 },
  { what: '16 chunks of 64 KiB', point: at('64k', MIB), share: 0.95 },
  { what: '8 chunks of 2 MiB', point: at('2m', 16 * MIB), share: 0.95 },
  { what: '64 chunks of 2 MiB', point: at('2m', 128 * MIB), share: 0.95 },
];
const IDENTITY = [
  { what: '1 page', point: at('4k', 4) },
  { what: '256 pages of 4 KiB', point: at('4k', MIB) },
  { what: '1 GiB in chunks of 2 MiB', point: at('2m', GIB) },
];
const METADATA = [
  { what: '4 KiB', layout: '4k', budget: 8.1 },
  { what: '64 KiB', layout: '64k', budget: 0.51 },
  { what: '2 MiB', layout: '2m', budget: 0.017 },
];

/** Looks up a figure; `undefined` if no passing cell measured it. */
type Figures = (machine: string, workload: string, backend: string, measure: Measure) => number | undefined;

/** Leaves out what was not measured. */
export function measuredBy(records: readonly CellRecord[]): Measured {
  const cells = new Map(
    records
      .filter(({ verdict }) => verdict === 'pass')
      .map(({ machine, workload, backend, metrics }) => [`${machine}/${workload}/${backend}`, metrics]),
  );
  const of = (machine: string, workload: string, backend: string) =>
    cells.get(`${machine}/${workload}/${backend}`) ?? [];
  const figure: Figures = (machine, workload, backend, measure) => valueIn(of(machine, workload, backend), measure);
  return {
    identity: IDENTITY.flatMap(({ what, point }) => {
      const cost = mapCosts(figure, PASSTHROUGH, 'phyr8', point);
      return cost === undefined ? [] : [{ what, cost: cost.map + cost.unmap }];
    }),
    translated: TRANSLATED.flatMap((row) => translated(figure, row)),
    registered: [
      ...registeredOf('strict', of(STRICT, 'bench-map', 'registered')),
      ...registeredOf('passthrough', of(PASSTHROUGH, 'bench-map', 'registered')),
    ],
    reads: [
      ...[4, 128].flatMap((kib) => reads(figure, 'strict', STRICT, kib)),
      ...[4, 128].flatMap((kib) => reads(figure, 'passthrough', PASSTHROUGH, kib)),
    ],
    metadata: METADATA.flatMap(({ what, layout, budget }) =>
      metadata(of(PASSTHROUGH, 'bench-metadata', 'phyr8'), layout).map((found) => ({ what, budget, ...found })),
    ),
  };
}

/** The value of exactly this measure. */
function valueIn(metrics: readonly Metric[], measure: Measure): number | undefined {
  const name = measureName(measure);
  return metrics.find((metric) => measureName(metric) === name)?.value;
}

function cost(phase: string, of: Omit<Measure, 'what' | 'phase'>): Measure {
  return { ...of, what: 'cost', phase };
}

function mapCosts(figure: Figures, machine: string, backend: string, point: Point): MapCosts | undefined {
  const [map, unmap] = ['map', 'unmap'].map((phase) => figure(machine, 'bench-map', backend, cost(phase, point)));
  return map === undefined || unmap === undefined ? undefined : { map, unmap };
}

function translated(figure: Figures, { what, point, share }: (typeof TRANSLATED)[number]): Translated[] {
  const costs = (backend: string) => mapCosts(figure, STRICT, backend, point);
  const [sg, iova, iter, raw, phyr] = ['sg', 'iova', 'iter', 'raw', 'phyr8'].map(costs);
  return sg && iova && iter && raw && phyr ? [{ what, share, sg, iova, iter, raw, phyr }] : [];
}

/** The most expensive of all lists and sizes. */
function registeredOf(machine: string, metrics: readonly Metric[]): Measured['registered'] {
  const maps = metrics.filter(({ phase }) => phase === 'map');
  if (maps.length === 0) return [];
  const costs = maps.map((map) => map.value + (valueIn(metrics, cost('unmap', pointOf(map))) ?? 0));
  const flushes = metrics.filter(({ what }) => what === 'IOTLB invalidations').map(({ value }) => value);
  return [{ machine, cost: Math.max(...costs), flushes: flushes.length > 0 ? Math.max(...flushes) : undefined }];
}

function pointOf({ layout, size_kib }: Metric): Point {
  return { ...(layout !== undefined && { layout }), ...(size_kib !== undefined && { size_kib }) };
}

function reads(figure: Figures, name: string, machine: string, kib: number): Reads[] {
  const [stock, iter, phyr] = ['nvme', 'iter', 'phyr8'].map((backend): IoCosts | undefined => {
    const of = (phase: string) => figure(machine, 'bench-io', backend, cost(phase, { op: 'read', size_kib: kib }));
    const [queue, complete] = [of('queue'), of('complete')];
    return queue === undefined || complete === undefined
      ? undefined
      : { queue, complete, map: of('map') ?? 0, unmap: of('unmap') ?? 0 };
  });
  return stock && iter && phyr ? [{ machine: name, pages: kib / 4, stock, iter, phyr }] : [];
}

/** The layout is measured with a single size, which fills the links of its list. */
function metadata(metrics: readonly Metric[], layout: string): { pages: number; bytes: number }[] {
  return metrics.flatMap((metric) =>
    metric.what === 'metadata' && metric.layout === layout && metric.size_kib !== undefined
      ? [{ pages: metric.size_kib / 4, bytes: metric.value }]
      : [],
  );
}
