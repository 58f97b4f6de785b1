import { z } from 'zod';
import { CouldNotLook, linesOf, StepFailed } from '../../guest/index.js';
import { countOf, type Metric, sizeName } from '../../model/index.js';
import { Counters, Watch } from '../../oracle/index.js';
import type { WorkloadContext } from '../shared/context.js';
import { metricsOf } from '../shared/figures.js';
import { outerCounters } from '../shared/lines.js';
import { done, type WorkloadResult } from '../shared/result.js';
import { stampedRegion } from '../shared/stamped.js';
import { figures, type IoCost } from './declaration.js';

const figure = metricsOf(figures);

/**
 * The median counts: some samples include an unrelated interrupt, and some miss a few instructions after a command for
 * which the device took too long.
 */
const ITERATIONS = 16;
const MEASURE_MS = 240_000;
/** Written and read back before the measurement. */
const SHOWN_KIB = 1024;

const Cost = z.object({ min: z.number(), median: z.number() });
const Answer = z.object({
  io_cost: z.object({
    pages: z.number(),
    direction: z.enum(['to', 'from']),
    commands: z.number(),
    queue: Cost,
    complete: Cost,
    map: Cost,
    unmap: Cost,
  }),
});
type Answer = z.infer<typeof Answer>['io_cost'];

const OPS = { read: 'from', write: 'to' } as const;

/**
 * Counts the instructions from the driver's queue_rq() to the end of the I/O, for our driver or (backend `nvme`) the
 * kernel's on the same disk. First the driver must prove, with the watch on, that its I/O is right. The measurement is
 * without the watch, which costs instructions.
 */
export async function run(context: WorkloadContext<IoCost>): Promise<WorkloadResult> {
  const { cell, workload, lab, dut } = context;
  const ours = cell.backend !== 'nvme';
  const driver = ours ? 'phyr_nvme' : 'nvme';
  const claims = await stampedRegion(context, driver, SHOWN_KIB);
  await lab.unbind(dut);
  await lab.renewDomain(dut);
  const script = workload.sizesKiB.flatMap((kib) =>
    Object.values(OPS).map((way) => `phyrctl io-cost -f $DISK -l 4k -n ${kib / 4} -i ${ITERATIONS} -d ${way}`),
  );
  const command = `lab unwatched lab on-disk DISK ${dut} ${driver} sh -c '${script.join(' && ')}'`;
  const { lines } = await lab.run(command, { deadlineMs: MEASURE_MS });
  const costs = linesOf(Answer, command, lines).map((line) => line.io_cost);
  const watch = linesOf(Watch, command, lines).at(0);
  return {
    workload: done(`${countOf(costs.length, 'kind')} of I/O, ${ITERATIONS} times each`),
    ...claims,
    // The kernel's driver is not judged, and the watch sees only ours.
    ...(ours ? { watch } : { translation: 'nothing' as const }),
    uncounted: outerCounters(command, lines, Counters),
    metrics: workload.sizesKiB.flatMap((kib) =>
      (['read', 'write'] as const).flatMap((op) => figuresOf(op, kib, answerFor(costs, op, kib, ours), ours)),
    ),
  };
}

function answerFor(costs: readonly Answer[], op: keyof typeof OPS, kib: number, ours: boolean): Answer {
  const found = costs.find(({ pages, direction }) => pages === kib / 4 && direction === OPS[op]);
  if (found === undefined)
    throw new StepFailed(`phyrctl io-cost: no answer for a ${op} of ${sizeName(kib)}`, { code: 'answer-unexpected' });
  // Mapping cannot cost nothing, so it was not seen.
  if (ours && found.map.median <= 0)
    throw new CouldNotLook(`phyrctl io-cost: mapping a ${op} of ${sizeName(kib)} was not seen`);
  return found;
}

function figuresOf(op: keyof typeof OPS, kib: number, cost: Answer, ours: boolean): Metric[] {
  const of = { op, size_kib: kib };
  return [
    figure('whole', cost.queue.median + cost.complete.median, of),
    figure('queue', cost.queue.median, of),
    figure('complete', cost.complete.median, of),
    ...(ours ? [figure('map', cost.map.median, of), figure('unmap', cost.unmap.median, of)] : []),
    figure('commands', cost.commands, of),
  ];
}
