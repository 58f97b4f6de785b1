import { z } from 'zod';
import { StepFailed } from '../../guest/index.js';
import { type DataClaim, stampedDue } from '../../oracle/index.js';
import type { WorkloadContext } from './context.js';
import { COST_REGION_KIB } from './disk-layout.js';

const Stamp = z.object({ op: z.enum(['write', 'check']), bytes: z.number(), bad: z.number() });

/**
 * Binds a driver and has it write stamps and read them back, so that only a working driver is measured. The host checks what was written.
 */
export async function stampedRegion(
  { cell, lab, dut, dutFile }: WorkloadContext,
  driver: string,
  kib: number,
): Promise<{ data: DataClaim[]; moved: number }> {
  const [offset, bytes] = [COST_REGION_KIB * 1024, kib * 1024];
  const disk = await lab.bind(dut, driver);
  for (const op of ['write', 'check']) {
    const command = `stamp ${op} ${disk} ${offset} ${bytes} ${cell.seed} 1`;
    const answer = await lab.ask(Stamp, command, { accept: [1] });
    if (answer.op !== op || answer.bytes !== bytes || answer.bad !== 0)
      throw new StepFailed(`${command}: ${answer.bad} sectors wrong of ${answer.bytes} bytes`, {
        code: 'read-wrong',
        where: { step: `stamp ${op}`, driver },
      });
  }
  const due = stampedDue(offset, bytes, cell.seed, 1);
  return {
    data: [{ kind: 'holds', what: `written through ${driver}`, file: dutFile, offset, due }],
    moved: driver === 'phyr_nvme' ? 2 * bytes : 0,
  };
}
