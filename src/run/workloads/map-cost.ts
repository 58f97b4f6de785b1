import { z } from 'zod';
import type { Layout, Metric, Workload } from '../../model/index.js';
import { judgeTranslate, Snapshot, Translate } from '../../oracle/index.js';
import { check, StepFailed } from '../lab.js';
import { done, type WorkloadContext, type WorkloadResult } from './types.js';

const ITERATIONS = 20;

const Cost = z.object({ min: z.number(), median: z.number() });
const MapCost = z.object({
  map_cost: z.object({
    backend: z.string(),
    pages: z.number(),
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

const LAYOUTS: Record<Layout, string> = { '4k-fragmented': '4k', '64k': '64k', '2m': '2m' };

/**
 * Instructions of each phase for one list of memory that the probe lays out on purpose. Cost without correctness is
 * worth nothing, so the same lists are translated page by page first, in both directions.
 */
export async function mapCost(
  context: WorkloadContext<Extract<Workload, { kind: 'map-cost' }>>,
): Promise<WorkloadResult> {
  const { cell, workload, lab, dut } = context;
  const list = `-b ${cell.backend} -l ${LAYOUTS[workload.layout]} -n ${workload.pages}`;
  await lab.bind(dut, 'phyr_probe');
  const translations: Translate[] = [];
  for (const direction of ['to', 'from']) {
    translations.push(await lab.ask(Translate, `phyrctl translate ${list} -d ${direction} -t 512`));
  }
  const command = `lab uncounted phyrctl map-cost ${list} -i ${ITERATIONS} -d from`;
  const { lines } = await lab.run(command);
  const from = check(Snapshot, command, lines[0]);
  const { map_cost: cost } = check(MapCost, command, lines[1]);
  if (cost.backend !== cell.backend || cost.pages !== workload.pages) {
    throw new StepFailed(`${command}: measured ${cost.pages} pages of ${cost.backend} instead`);
  }
  const to = check(Snapshot, command, lines[2]);
  return {
    workload: done(`${ITERATIONS} times, ${cost.ranges} DMA ranges, shape ${cost.shape}`),
    translation: judgeTranslate(translations, workload.pages),
    uncounted: { from, to },
    metrics: [
      ...(['map', 'unmap', 'build', 'consume'] as const).map(
        (phase): Metric => instructions(phase, cost[phase].median),
      ),
      { name: 'metadata', unit: 'B', value: cost.meta_bytes, better: 'lower' },
    ],
  };
}

function instructions(name: string, value: number): Metric {
  return { name, unit: 'insn', value, better: 'lower' };
}
