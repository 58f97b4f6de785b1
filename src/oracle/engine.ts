/**
 * What a DMA engine should be able to do, depending on the IOMMU and bounce buffers between it and memory.
 */
import { z } from 'zod';
import { modelOf } from '../iommus/index.js';
import { domainInForce, type Machine, type ObjectionOf } from '../model/index.js';

/** The outcome of a case of phyr_engine.ko, for one backend. */
export const EngineOutcome = z.object({
  device: z.enum(['edu', 'iommu-testdev']),
  case: z.enum(['mapped', 'short', 'unmapped', 'stale', 'readonly', 'read', 'writeonly', 'clamped', 'beyond']),
  path: z.enum(['phys', 'sg', 'phyr16', 'phyr8']),
  outcome: z.enum(['right', 'fault', 'untouched', 'wrong', 'refused']),
  /** The last address that it used, successfully or not. */
  addr: z.number(),
  write: z.boolean(),
  /** stale: for how long, and how many times, it could use memory after it was unmapped. */
  window_us: z.number(),
  uses: z.number(),
});
export type EngineOutcome = z.infer<typeof EngineOutcome>;

/** The objection, if there is one. */
export function judgeEngine(
  machine: Machine,
  one: EngineOutcome,
): (ObjectionOf<'workload'> & ObjectionOf<'translation'>) | undefined {
  const due = outcomesDue(machine, one);
  const what = `${one.device}, ${one.case} by ${one.path}`;
  const where = { step: one.device, case: one.case, outcome: one.outcome };
  if (!due.includes(one.outcome))
    return { code: 'engine-outcome-wrong', detail: `${what}: ${one.outcome}, expected ${due.join(' or ')}`, where };
  if (one.case === 'stale' && domainInForce(machine.iommu) === 'strict' && one.uses > 0) {
    const detail = `${what}: in strict mode the device could use unmapped memory ${one.uses} times, for ${one.window_us} us`;
    return { code: 'stale-translation', detail, where };
  }
  return undefined;
}

/** Can this machine's IOMMU map memory write-only for a device? */
export function knowsWriteOnly({ iommu }: Machine): boolean {
  return modelOf(iommu).writeOnly(iommu);
}

function outcomesDue(machine: Machine, { device, case: name }: EngineOutcome): EngineOutcome['outcome'][] {
  switch (name) {
    case 'mapped':
    // The rest of the memory is as it was.
    case 'short':
    case 'read':
    // Translated by the IOMMU, or bounced.
    case 'beyond':
      return ['right'];
    // The device truncates the address and reads somewhere else.
    case 'clamped':
      return ['untouched', 'wrong'];
    // The tester reports that its access failed; edu reports success, but has moved nothing.
    case 'unmapped':
    case 'stale':
    case 'readonly':
      return device === 'edu' ? ['untouched'] : ['fault'];
    // After a read that faulted, edu's buffer may hold anything but the page.
    case 'writeonly':
      return knowsWriteOnly(machine) ? ['untouched', 'wrong'] : ['right'];
  }
}
