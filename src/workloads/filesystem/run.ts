import { createHash } from 'node:crypto';
import { z } from 'zod';
import { countOf } from '../../model/index.js';
import { stamped, stampedDue } from '../../oracle/index.js';
import type { WorkloadContext } from '../shared/context.js';
import { done, failed, type WorkloadResult } from '../shared/result.js';
import type { Filesystem } from './declaration.js';

const PAGE = 4096;
const Sums = z.object({ sums: z.array(z.string()) });

/**
 * Makes and fills an ext4 through our driver, then reads it through the kernel's. The content of every file is one page
 * from the host, which then looks for it in the backing file.
 */
export async function run(context: WorkloadContext<Filesystem>): Promise<WorkloadResult> {
  const { cell, workload, lab, dut, dutFile } = context;
  const page = (i: number) => stamped(i * PAGE, PAGE, cell.seed, 3);
  const content = Buffer.concat(Array.from({ length: workload.files }, (_, i) => page(i)));

  let disk = await lab.bind(dut, 'phyr_nvme');
  await lab.run(`lab fs-make ${disk} ${workload.files}`, { stdin: content, deadlineMs: 60_000 });
  disk = await lab.bind(dut, 'nvme');
  const { sums } = await lab.ask(Sums, `lab fs-read ${disk} ${workload.files}`, { deadlineMs: 60_000 });

  const wrong = sums.findIndex((sum, i) => sum !== createHash('sha256').update(page(i)).digest('hex'));
  const complete = sums.length === workload.files;
  return {
    workload:
      complete && wrong < 0
        ? done(`${countOf(sums.length, 'file')}, clean`)
        : failed(
            complete
              ? {
                  code: 'read-wrong',
                  detail: `file ${wrong} differs when read through nvme`,
                  where: { driver: 'nvme' },
                }
              : { code: 'io-incomplete', detail: `${sums.length} of ${workload.files} files are there` },
          ),
    data: Array.from({ length: workload.files }, (_, i) => ({
      kind: 'holds-somewhere' as const,
      what: `file ${i}`,
      file: dutFile,
      due: stampedDue(i * PAGE, PAGE, cell.seed, 3),
    })),
    metrics: [],
    moved: workload.files * PAGE,
  };
}
