import { z } from 'zod';
import { check, linesOf } from '../../guest/index.js';
import { InfraError, isLineOf, type Measure, type Metric, subjectName, walk } from '../../model/index.js';
import { Counters } from '../../oracle/index.js';
import { withCleanup } from '../shared/cleanup.js';
import type { WorkloadContext } from '../shared/context.js';
import { metricsOf } from '../shared/figures.js';
import { askEach, askLine, Counted, Counting, type IommuApi, withDevices } from '../shared/iospace.js';
import { outerCounters } from '../shared/lines.js';
import type { MemorySpec } from '../shared/memory-spec.js';
import { bytesOf, rangesOf } from '../shared/ranges.js';
import { done, type WorkloadResult } from '../shared/result.js';
import { makeMemory, rangesText } from '../shared/test-memory.js';
import type { UserCost } from './declaration.js';
import { figures } from './declaration.js';

const figure = metricsOf(figures);

/** The samples are equal, except for timer interrupts and allocator refills, so the smallest counts. */
const TIMES = 3;
/** Larger memory is measured once, since it takes an emulated machine long. */
const ONCE_KIB = 512 * 1024;
const COST_MS = 400_000;
const IOVA = 2 ** 32;
/** The ranges are cut out of this memory; each point has its own. */
const PAGE_LESS: MemorySpec = { memory: 'page-less', via: [], threads: 1 };

type Context = WorkloadContext<UserCost>;

/** What it costs to give a device a process's memory, by the kernel's APIs and by lists, with the same memory. */
export async function run(context: Context): Promise<WorkloadResult> {
  const { workload } = context;
  const measured = workload.what === 'domain' ? await domains(context, workload) : await regions(context, workload);
  return {
    workload: done(`${workload.points.length} points`),
    // The suites `vfio` and `register` check on the same paths that the memory is mapped correctly.
    translation: 'nothing',
    uncounted: measured.uncounted,
    metrics: measured.metrics,
  };
}

type Domain = Extract<UserCost, { what: 'domain' }>;
type Region = Extract<UserCost, { what: 'region' }>;
type Point = Region['points'][number];
type Measured = { metrics: Metric[]; uncounted: NonNullable<WorkloadResult['uncounted']> };

type Name = keyof typeof figures;

/** The smallest sample of each figure. */
function smallest(point: Point, via: string, costs: Partial<Record<Name, number[]>>): Metric[] {
  return Object.entries(costs).map(([what, values]) =>
    figure(what as Name, Math.min(...values), { ...subjectOf(point), via }),
  );
}

function subjectOf(point: Point): Omit<Measure, 'what' | 'phase'> {
  const { memory } = point;
  return memory === 'dma-buf' ? { memory, layout: point.ranges } : { memory, size_kib: point.kib };
}
const named = (point: Point): string => subjectName(subjectOf(point));
const timesOf = ({ kib }: { kib: number }): number => (kib > ONCE_KIB ? 1 : TIMES);

const Memory = z.object({ memory: z.object({ runs: z.number() }) });
const Opened = z.object({ open: z.object({ errno: z.null() }) });
const Mapped = z.object({ map: z.object({ errno: z.null(), chunks: z.number(), metadata: z.number() }) });
const Unmapped = z.object({ unmap: z.object({ errno: z.null() }) });
const Closed = z.strictObject({ closed: z.literal(true) });
const Quit = z.strictObject({ quit: z.literal(true) });
const DomainCost = z.object({
  cost: z.object({ errno: z.null(), map: z.array(z.number()).min(1), unmap: z.array(z.number()).min(1) }),
});

async function domains(context: Context, workload: Domain): Promise<Measured> {
  const { cell, lab } = context;
  return withDevices(context, 'iommu-testdev', 0, async ({ bdf, apis }) => {
    const metrics: Metric[] = [];
    await lab.run('iospace serve');
    // Once with counting on, so that a leak shows. Counting costs instructions.
    const [first] = workload.points;
    const api = cell.backend === 'phyr16' ? 'phyr16' : 'phyr8';
    if (first !== undefined) {
      const bytes = first.kib * 1024;
      const once: [z.ZodType, string][] = [
        [Memory, `memory ${first.memory} ${bytes} 0`],
        [Opened, `open ${api} ${bdf.ours}`],
        [Mapped, `map ${api} ${IOVA} 0 ${bytes} rw`],
        [Unmapped, `unmap ${api} ${IOVA} ${bytes}`],
        [Closed, `close ${api}`],
      ];
      await askEach(lab, ...once);
    }
    const all: IommuApi[] = [...apis, api];
    const commands: string[] = [];
    const schemas: z.ZodType[] = [];
    const say = (schema: z.ZodType, command: string) => {
      schemas.push(schema);
      commands.push(command);
    };
    for (const point of workload.points) {
      say(Memory, `memory ${point.memory} ${point.kib * 1024} 0`);
      for (const one of all) {
        say(Opened, `open ${one} ${one === api ? bdf.ours : bdf.theirs}`);
        say(Counting, `count ${one}`);
        say(Mapped, `map ${one} ${IOVA} 0 ${point.kib * 1024} rw`);
        say(Counted, 'counted');
        say(Counting, `count ${one}`);
        say(Unmapped, `unmap ${one} ${IOVA} ${point.kib * 1024}`);
        say(Counted, 'counted');
        say(DomainCost, `cost ${one} ${IOVA} ${timesOf(point)}`);
        say(Closed, `close ${one}`);
      }
    }
    say(Quit, 'quit');
    const command = `lab uncounted ${askLine(commands)}`;
    const { lines, stderr } = await lab.run(command, { deadlineMs: COST_MS });
    const uncounted = outerCounters('iospace', lines, Counters);
    const answers = lines.filter((line) => !isLineOf(Counters, line));
    const next = <T>(schema: z.ZodType<T>): T =>
      check(schema, commands.at(-answers.length) ?? '', answers.shift(), stderr);
    for (const point of workload.points) {
      const { memory } = next(Memory);
      const count = (via: string, what: Name, value: number | null): Metric[] =>
        value === null ? [] : [figure(what, value, { ...subjectOf(point), via })];
      metrics.push(...count('memory', 'contiguous pieces', memory.runs));
      for (const one of all) {
        next(Opened);
        next(Counting);
        const { map } = next(Mapped);
        const mapped = next(Counted).counted;
        next(Counting);
        next(Unmapped);
        const unmapped = next(Counted).counted;
        const { cost } = next(DomainCost);
        next(Closed);
        metrics.push(
          ...smallest(point, one, { map: cost.map, unmap: cost.unmap }),
          ...count(one, 'map calls', mapped.maps),
          ...count(one, 'unmap calls', unmapped.unmaps),
          ...count(one, 'table pages', mapped.tables),
          ...(map.metadata > 0 ? count(one, 'metadata', map.metadata) : []),
        );
      }
    }
    return { metrics, uncounted };
  });
}

const RegionCost = z.object({
  cost: z.object({
    how: z.enum(['phyr', 'sg', 'pages']),
    bytes: z.number(),
    blocks: z.number(),
    register: z.array(z.number()).min(1),
    use: z.array(z.number()).min(1),
    deregister: z.array(z.number()).min(1),
  }),
});

/** A command for the guest's tool, and the paths that it answers for. */
interface Asked {
  point: Region['points'][number];
  command: string;
  hows: ('phyr' | 'sg' | 'pages')[];
}

async function regions(context: Context, { points }: Region): Promise<Measured> {
  const { cell, lab } = context;
  const node = [...walk(cell.topology)].find((place) => place.node.kind === 'iommu-testdev')?.node;
  if (node === undefined) throw new InfraError('the topology has no iommu-testdev');
  const bdf = context.bdf(node.id);
  const metrics: Metric[] = [];
  const target = points.some(({ memory }) => memory === 'dma-buf') ? await makeMemory(context, PAGE_LESS) : undefined;
  const tool = `region cost /dev/phyr_region-${bdf}`;
  const asked = points.flatMap((point): Asked[] => {
    if (point.memory !== 'dma-buf') {
      const command = `${tool} ${point.memory} ${point.kib * 1024} ${timesOf(point)}`;
      return [{ point, command, hows: ['phyr', 'sg', 'pages'] }];
    }
    const ranges = rangesOf(point.ranges, 0);
    return (['phyr', 'sg'] as const).map((how) => {
      const name = `dmabuf:${how === 'phyr' ? 'list' : 'sg'}:${target?.file}:${rangesText(ranges)}`;
      return { point, command: `${tool} ${name} ${bytesOf(ranges)} ${TIMES}`, hows: [how] };
    });
  });
  const uncounted = await withCleanup(
    async () => {
      await lab.run('lab engine load 64');
      await lab.bind(bdf, 'phyr_engine');
      // Once with counting on, so that a leak shows. Counting costs instructions.
      await lab.run(`${tool} 4k 65536 1`);
      const command = `lab uncounted sh -c '${asked.map((one) => one.command).join(' && ')}'`;
      const { lines } = await lab.run(command, { deadlineMs: COST_MS });
      const counted = outerCounters('region cost', lines, Counters);
      const costs = linesOf(RegionCost, 'region cost', lines).map(({ cost }) => cost);
      for (const { point, hows } of asked)
        for (const how of hows) {
          const cost = costs.shift();
          if (cost?.how !== how) throw new InfraError(`region cost: no answer for ${how}, ${named(point)}`);
          const { register, use, deregister } = cost;
          metrics.push(
            ...smallest(point, how, { register, use, deregister }),
            figure('metadata', cost.bytes, { ...subjectOf(point), via: how }),
            figure('entries', cost.blocks, { ...subjectOf(point), via: how }),
          );
        }
      return counted;
    },
    async () => {
      await lab.unbind(bdf);
      await target?.release();
      await lab.run('lab engine unload');
    },
  );
  return { metrics, uncounted };
}
