import { z } from 'zod';
import { linesOf, StepFailed } from '../../guest/index.js';
import type { Backend, Measure, Metric } from '../../model/index.js';
import { Counters, judgeTranslate, Translate } from '../../oracle/index.js';
import type { WorkloadContext } from '../shared/context.js';
import { metricsOf } from '../shared/figures.js';
import { outerCounters } from '../shared/lines.js';
import { done, type WorkloadResult } from '../shared/result.js';
import { type CostPlan, costPlan } from './cost-plan.js';
import { figures, type MapCost } from './declaration.js';
import { type CostPoint, pointName } from './points.js';

const figure = metricsOf(figures);

/** Few are enough: the samples are equal, except when an allocator refills its caches. */
const ITERATIONS = 5;
/** How much is translated page by page in both directions. More would cost much and show nothing new. */
const TRANSLATED_KIB = 4 * 1024;
const MEASURE_MS = 180_000;

const Cost = z.object({ min: z.number(), median: z.number() });
const Asked = z.object({ backend: z.string(), layout: z.string(), pages: z.number() });
const Costs = z.object({
  map_cost: Asked.extend({
    build: Cost,
    map: Cost,
    consume: Cost,
    unmap: Cost,
    shape: z.string(),
    ranges: z.number(),
    chunks: z.number(),
    meta_bytes: z.number(),
  }),
});
/** Counts that this kernel does not have are missing. */
const Counts = z.object({
  map_counts: Asked.extend({
    prps: z.number(),
    allocs: z.number().optional(),
    flushes: z.number().optional(),
    bounces: z.number().optional(),
  }),
});
type Costs = z.infer<typeof Costs>['map_cost'];
type Counts = z.infer<typeof Counts>['map_counts'];

/**
 * Counts instructions of each phase, and other events, for memory in a known layout. A fast mapping that is wrong is
 * worth nothing, so memory of each layout is first translated page by page in both directions.
 */
export async function run(context: WorkloadContext<MapCost>): Promise<WorkloadResult> {
  const { cell, workload, lab, dut } = context;
  const plan = costPlan(cell.machine, cell.backend, workload.points);
  await lab.renewDomain(dut);
  await lab.bind(dut, 'phyr_probe');
  const translations: (Translate & { pages: number })[] = [];
  for (const point of translated(plan)) {
    const pages = point.kib / 4;
    for (const direction of ['to', 'from']) {
      const { layout, lengths } = asked(point);
      const command = `phyrctl translate -b ${cell.backend} -l ${layout} -n ${pages} -d ${direction} -t 512${lengths}`;
      translations.push({ ...(await lab.ask(Translate, command)), pages });
    }
  }
  const command = `lab uncounted sh -c '${measurements(cell.backend, plan).join(' && ')}'`;
  const { lines } = await lab.run(command, { deadlineMs: MEASURE_MS });
  return {
    workload: done(summary(plan)),
    translation: judgeTranslate(translations),
    uncounted: outerCounters(command, lines, Counters),
    metrics: measured(cell.backend, plan, command, lines, workload.points.length > 1),
  };
}

/** The largest point of each layout, limited to what can be translated in reasonable time. */
function translated({ points }: CostPlan): CostPoint[] {
  const largest = new Map<string, CostPoint>();
  for (const point of points) {
    const kib = Math.min(point.kib, TRANSLATED_KIB);
    const known = largest.get(point.layout.id);
    if (known === undefined || known.kib < kib) largest.set(point.layout.id, { ...point, kib });
  }
  return [...largest.values()];
}

function asked({ layout }: CostPoint): { layout: string; lengths: string } {
  const { chunks } = layout;
  return typeof chunks === 'string'
    ? { layout: chunks, lengths: '' }
    : { layout: 'list', lengths: ` -m ${chunks.join(',')}` };
}

/** One command for each list of lengths, since measuring ends when the counts are read. */
function measurements(backend: Backend, { points }: CostPlan): string[] {
  const commands = new Map<string, string[]>();
  for (const point of points) {
    const { layout, lengths } = asked(point);
    commands.set(lengths, [...(commands.get(lengths) ?? []), `${layout}:${point.kib / 4}`]);
  }
  return [...commands].map(
    ([lengths, words]) => `phyrctl map-costs -b ${backend} -i ${ITERATIONS} -d from${lengths} ${words.join(' ')}`,
  );
}

function measured(backend: Backend, plan: CostPlan, command: string, lines: unknown[], named: boolean): Metric[] {
  const costs = linesOf(Costs, command, lines).map((line) => line.map_cost);
  const counts = linesOf(Counts, command, lines).map((line) => line.map_counts);
  // In the order of the commands, which is that of the points, except that points with the same lengths come together.
  const order = [...new Set(plan.points.map((point) => asked(point).lengths))];
  const points = order.flatMap((lengths) => plan.points.filter((point) => asked(point).lengths === lengths));
  return points.flatMap((point, at) => {
    const [cost, count] = [costs[at], counts[at]];
    for (const answer of [cost, count])
      if (answer?.backend !== backend || answer.layout !== asked(point).layout || answer.pages !== point.kib / 4)
        throw new StepFailed(`phyrctl map-costs: no answer for ${backend}, ${pointName(point)}`, {
          code: 'answer-unexpected',
        });
    return cost === undefined || count === undefined
      ? []
      : figuresOf(named ? { layout: point.layout.id, size_kib: point.kib } : {}, cost, count);
  });
}

function figuresOf(more: Pick<Measure, 'layout' | 'size_kib'>, cost: Costs, counts: Counts): Metric[] {
  const count = (name: Parameters<typeof figure>[0], value: number | undefined): Metric[] =>
    value === undefined ? [] : [figure(name, value, more)];
  return [
    ...(['map', 'unmap', 'build', 'consume'] as const).map((phase) => figure(phase, cost[phase].median, more)),
    figure('metadata', cost.meta_bytes, more),
    figure('segments', cost.ranges, more),
    figure('PRP entries', counts.prps, more),
    ...count('allocations', counts.allocs),
    ...count('IOTLB invalidations', counts.flushes),
    ...count('bounces', counts.bounces),
  ];
}

function summary({ points, left }: CostPlan): string {
  const reasons = new Map<string, string[]>();
  for (const { point, why } of left) reasons.set(why, [...(reasons.get(why) ?? []), pointName(point)]);
  const out = [...reasons].map(([why, names]) => `; without ${names.join(', ')}: ${why}`);
  return `${points.length} measured, ${ITERATIONS} times each${out.join('')}`;
}
