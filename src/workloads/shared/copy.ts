/** What `dmacopy` prints. It copies disk -> memory -> disk, and the CPU does not touch the data. */
import { z } from 'zod';
import { otherOutcome, type Wrong } from './result.js';

export const Step = z.union([z.object({ bytes: z.number() }), z.object({ errno: z.string() })]);

export const Copy = z.object({
  /** Size of the physically contiguous pieces of the machine's own memory; 0 for a peer's. */
  chunk: z.number(),
  /** The memory before and after the data in its pages. */
  around: z.enum(['intact', 'broken']),
  read: Step,
  write: Step,
});
export type Copy = z.infer<typeof Copy>;

/** Whose fault it is if this driver fails. */
export function sideOf(driver: (typeof DRIVERS)[number]): 'kernel' | 'ours' {
  return driver === 'nvme' ? 'kernel' : 'ours';
}

/** The kernel's driver first: it is the reference, and afterwards the memory holds what our driver left. */
export const DRIVERS = ['nvme', 'phyr_nvme'] as const;

/** Both directions must move every byte, or both must fail with this errno. */
export function* judgeCopy(
  { driver, via }: { driver: string; via?: string },
  copy: Partial<Copy>,
  errno: string | undefined,
  bytes: number,
): Generator<Wrong> {
  const due = errno ?? `${bytes} bytes`;
  const name = via === undefined ? driver : `${driver}, ${via}`;
  for (const step of ['read', 'write'] as const) {
    const outcome = copy[step];
    if (outcome === undefined) continue;
    const where = { step, driver, ...(via !== undefined && { via }) };
    const error = 'errno' in outcome ? outcome.errno : undefined;
    const got = 'errno' in outcome ? outcome.errno : `${outcome.bytes} bytes`;
    const detail = `${name} ${step}: ${got}, expected ${due}`;
    if (error !== errno) yield otherOutcome(detail, error, errno, where);
    else if (got !== due && error === undefined) yield { code: 'io-incomplete', detail, where };
  }
  const detail = `${name}: memory next to the data was overwritten`;
  if (copy.around === 'broken') yield { code: 'memory-overwritten', detail, where: { driver } };
}
