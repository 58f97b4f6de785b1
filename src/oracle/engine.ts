/**
 * What a DMA engine should have been able to do, by what stands between it and memory.
 */
import { z } from 'zod';
import { modelOf } from '../iommus/index.js';
import { domainInForce, type Machine, type ObjectionOf } from '../model/index.js';

/** A case of phyr_engine.ko, by one way of mapping. */
export const EngineOutcome = z.object({
  device: z.enum(['edu', 'iommu-testdev']),
  case: z.enum(['mapped', 'unmapped', 'stale', 'readonly', 'read', 'writeonly', 'clamped', 'beyond']),
  path: z.enum(['phys', 'sg', 'phyr16', 'phyr8']),
  outcome: z.enum(['right', 'fault', 'untouched', 'wrong', 'refused']),
  /** The address that it used in vain, or last. */
  addr: z.number(),
  write: z.boolean(),
  /** stale: how long after unmapping it could go on, and how often it did. */
  window_us: z.number(),
  uses: z.number(),
});
export type EngineOutcome = z.infer<typeof EngineOutcome>;

/** An objection, if there is one. */
export function judgeEngine(
  machine: Machine,
  one: EngineOutcome,
): (ObjectionOf<'workload'> & ObjectionOf<'translation'>) | undefined {
  const due = outcomesDue(machine, one);
  const what = `${one.device}, ${one.case} by ${one.path}`;
  const where = { step: one.device, case: one.case, outcome: one.outcome };
  if (!due.includes(one.outcome))
    return { code: 'engine-outcome-wrong', detail: `${what}: ${one.outcome}, due ${due.join(' or ')}`, where };
  if (one.case === 'stale' && domainInForce(machine.iommu) === 'strict' && one.uses > 0) {
    const detail = `${what}: the device could go on ${one.uses} times, for ${one.window_us} us, in strict mode`;
    return { code: 'stale-translation', detail, where };
  }
  return undefined;
}

/** Can this machine's IOMMU let a device write where it may not read? */
export function knowsWriteOnly({ iommu }: Machine): boolean {
  return modelOf(iommu).writeOnly(iommu);
}

function outcomesDue(machine: Machine, { device, case: name }: EngineOutcome): EngineOutcome['outcome'][] {
  switch (name) {
    case 'mapped':
    case 'read':
    // By the IOMMU, or by a bounce buffer.
    case 'beyond':
      return ['right'];
    // The device drops the address bits that it has not, and reads somewhere else.
    case 'clamped':
      return ['untouched', 'wrong'];
    // The tester is told that its access failed; edu goes on as if nothing were amiss, with nothing moved.
    case 'unmapped':
    case 'stale':
    case 'readonly':
      return device === 'edu' ? ['untouched'] : ['fault'];
    // What edu's buffer holds after a read that faulted is its own affair, as long as it is not the page.
    case 'writeonly':
      return knowsWriteOnly(machine) ? ['untouched', 'wrong'] : ['right'];
  }
}
