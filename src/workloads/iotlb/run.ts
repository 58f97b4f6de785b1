import { z } from 'zod';
import { StepFailed } from '../../guest/index.js';
import { countOf, InfraError, type ObjectionOf, objects, passes, withKernelFindings } from '../../model/index.js';
import type { Provoked } from '../../oracle/index.js';
import type { WorkloadContext } from '../shared/context.js';
import { FAULTS_IN_LOG } from '../shared/faults-in-log.js';
import { askAll, type IommuApi, Opened, withDevices } from '../shared/iospace.js';
import { PIECE } from '../shared/memory.js';
import { judged, type Sides, type WorkloadResult, type Wrong } from '../shared/result.js';
import type { Iotlb } from './declaration.js';
import { MEMORY_PAGES, type Sweep, sweepsOf } from './plan.js';

const PAGE = 4096;
const LARGE = 2 ** 21;
/** IOVAs for the kernel's way and for ours: the fault of one device does not speak for the other's. In pages. */
const BASE = { theirs: 2 ** 16, ours: 2 ** 18 };
const AT_ONCE = 8;

const Memory = z.object({ memory: z.object({ chunk: z.number() }) });
export const Swept = z.object({
  sweep: z.object({ touched: z.number(), reached: z.array(z.number()), errno: z.string().nullable() }),
});
export type Swept = z.infer<typeof Swept>['sweep'];

/**
 * Memory is mapped for a device, which uses every page, so that the IOMMU caches all translations. It is unmapped, and the device tries pages of
 * it at once: by VFIO, and by phyr_domain.
 */
export async function run(context: WorkloadContext<Iotlb>): Promise<WorkloadResult> {
  const { cell, workload, lab } = context;
  const { memory } = workload;
  const bytes = MEMORY_PAGES * PAGE;
  const wrong: Sides = { ours: [], kernel: [] };
  const stale: { ours: Stale[]; kernel: Stale[] } = { ours: [], kernel: [] };
  const provoked: Provoked[] = [];
  let pages = 0;
  await withDevices(context, 'iommu-testdev', memory === 'hugetlb' ? bytes / LARGE : 0, async ({ bdf, apis }) => {
    await lab.run('iospace serve');
    const [made] = await askAll(lab, Memory, [`memory ${memory} ${bytes} ${cell.seed}`]);
    if (made?.memory.chunk !== PIECE[memory])
      throw new InfraError(`memory '${memory}' came in pieces of ${made?.memory.chunk} bytes`);
    const ours: IommuApi = cell.backend === 'phyr16' ? 'phyr16' : 'phyr8';
    for (const [api, side] of [...apis.map((one) => [one, 'kernel'] as const), [ours, 'ours'] as const]) {
      const [opened] = await askAll(lab, Opened, [`open ${api} ${side === 'ours' ? bdf.ours : bdf.theirs}`]);
      if (opened?.open.errno !== null) throw new StepFailed(`${api} does not open: ${opened?.open.errno}`);
      const sweeps = sweepsOf(memory, side === 'ours' ? BASE.ours : BASE.theirs, cell.seed);
      for (let i = 0; i < sweeps.length; i += AT_ONCE) {
        const some = sweeps.slice(i, i + AT_ONCE);
        const answers = await askAll(
          lab,
          Swept,
          some.map((one) => commandOf(api, one)),
        );
        for (const [k, { sweep }] of answers.entries()) {
          const judgement = judgeSweep(api, some[k] as Sweep, sweep);
          wrong[side].push(...judgement.wrong);
          stale[side].push(...judgement.stale);
        }
      }
      provoked.push(...sweeps.flatMap(provokedBy));
      pages += sweeps.reduce((sum, one) => sum + one.pages, 0);
      await lab.run(`iospace ask 'close ${api}'`);
    }
    await lab.run('iospace ask quit');
  });
  const fine = `none of ${countOf(provoked.length, 'page')} that were tried, after all ${pages} had been used`;
  return {
    workload: judged(wrong, 'every page was used before its mapping ended'),
    translation: withKernelFindings(
      stale.ours.length > 0 ? objects('translation', stale.ours) : passes('translation', fine),
      stale.kernel,
    ),
    metrics: [],
    provoked,
    expectedLog: FAULTS_IN_LOG,
  };
}

type Stale = ObjectionOf<'translation'>;

function commandOf(api: IommuApi, { iova, first, pages, tried }: Sweep): string {
  return `sweep ${api} ${iova * PAGE} ${first} ${pages} ${tried.join(',')}`;
}

export function judgeSweep(api: string, { iova, pages }: Sweep, seen: Swept): { wrong: Wrong[]; stale: Stale[] } {
  const where = `${api}: ${countOf(pages, 'page')} at 0x${(iova * PAGE).toString(16)}`;
  if (seen.errno !== null || seen.touched !== pages) {
    const detail = `${where}: ${seen.touched} used by the device, then ${seen.errno ?? 'the end'}`;
    return { wrong: [{ code: 'io-failed', detail, where: { step: 'sweep' } }], stale: [] };
  }
  if (seen.reached.length === 0) return { wrong: [], stale: [] };
  const detail = `${where}: after the unmap the device reaches page ${seen.reached.join(', ')}`;
  return { wrong: [], stale: [{ code: 'stale-translation', detail, where: { step: 'sweep' } }] };
}

function provokedBy({ iova, tried }: Sweep): Provoked[] {
  return tried.map((page) => ({ addr: (iova + page) * PAGE, bytes: PAGE, how: 'write' }));
}
