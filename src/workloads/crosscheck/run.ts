import { z } from 'zod';
import { StepFailed } from '../../guest/index.js';
import { type DataClaim, stampedDue } from '../../oracle/index.js';
import type { WorkloadContext } from '../shared/context.js';
import { SECRET_KIB } from '../shared/disk-layout.js';
import { done, failed, type WorkloadResult, type Wrong } from '../shared/result.js';
import { Secret } from '../shared/secret.js';
import type { Crosscheck } from './declaration.js';

const Stamp = z.object({
  op: z.enum(['write', 'check']),
  bytes: z.number(),
  bad: z.number(),
  first: z.number(),
  seed: z.number(),
  generation: z.number(),
  lba: z.number(),
});

/**
 * Stamps written through our driver are read through the kernel's nvme driver, and the reverse. The second region is
 * first written with an older generation, so that stale data is detected.
 */
export async function run(context: WorkloadContext<Crosscheck>): Promise<WorkloadResult> {
  const { cell, workload, lab, dut, dutFile } = context;
  const bytes = workload.sizeKiB * 1024;
  const [ours, theirs, secretAt] = [0, bytes, 2 * bytes];
  const stamp = async (op: 'write' | 'check', disk: string, offset: number, generation: number) => {
    const command = `stamp ${op} ${disk} ${offset} ${bytes} ${cell.seed} ${generation}`;
    const answer = await lab.ask(Stamp, command, { accept: [1] });
    if (answer.op !== op || answer.bytes !== bytes) {
      const detail = `${command}: did ${answer.op} of ${answer.bytes} bytes instead`;
      throw new StepFailed(detail, { code: 'io-incomplete', where: { step: `stamp ${op}` } });
    }
    return answer.bad === 0
      ? undefined
      : `${answer.bad} sectors wrong, first at byte ${answer.first} (seed ${answer.seed}, generation ${answer.generation}, LBA ${answer.lba})`;
  };
  const secret = new Secret(dutFile, secretAt, cell.seed);
  await secret.plant();

  let disk = await lab.bind(dut, 'phyr_nvme');
  await stamp('write', disk, ours, 1);
  await stamp('write', disk, theirs, 1);
  disk = await lab.bind(dut, 'nvme');
  const readByKernel = await stamp('check', disk, ours, 1);
  await secret.read(lab, disk);
  const secretByKernel = secret.claim();
  await stamp('write', disk, theirs, 2);
  disk = await lab.bind(dut, 'phyr_nvme');
  const readByUs = await stamp('check', disk, theirs, 2);
  await secret.read(lab, disk);

  const data: DataClaim[] = [
    {
      kind: 'holds',
      what: 'written through phyr_nvme',
      file: dutFile,
      offset: ours,
      due: stampedDue(ours, bytes, cell.seed, 1),
    },
    {
      kind: 'holds',
      what: 'written through nvme',
      file: dutFile,
      offset: theirs,
      due: stampedDue(theirs, bytes, cell.seed, 2),
    },
    secretByKernel,
    secret.claim(),
  ];
  const objections: Wrong[] = [];
  const differs = (from: string, by: string, detail: string) =>
    objections.push({
      code: 'read-wrong',
      detail: `written by ${from}, read by ${by}: ${detail}`,
      where: { driver: by },
    });
  if (readByKernel !== undefined) differs('phyr_nvme', 'nvme', readByKernel);
  if (readByUs !== undefined) differs('nvme', 'phyr_nvme', readByUs);
  return {
    workload: objections.length > 0 ? failed(...objections) : done('both drivers read what the other wrote'),
    data,
    metrics: [],
    moved: 3 * bytes + SECRET_KIB * 1024,
  };
}
