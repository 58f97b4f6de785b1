/** What `dmacopy` answers: disk -> memory -> disk, without the CPU touching a byte of it. */
import { z } from 'zod';
import { otherOutcome, type Wrong } from './result.js';

export const Step = z.union([z.object({ bytes: z.number() }), z.object({ errno: z.string() })]);

export const Copy = z.object({
  /** Size of the physically contiguous pieces that the machine's own memory came in; 0 for a peer's. */
  chunk: z.number(),
  /** Of what lies before and behind the data in its pages. */
  around: z.enum(['intact', 'broken']),
  read: Step,
  write: Step,
});
export type Copy = z.infer<typeof Copy>;

/** Whose fault it is when this driver fails. */
export function sideOf(driver: (typeof DRIVERS)[number]): 'kernel' | 'ours' {
  return driver === 'nvme' ? 'kernel' : 'ours';
}

/** The kernel's driver goes first: it is the reference, and what is in the memory afterwards is ours. */
export const DRIVERS = ['nvme', 'phyr_nvme'] as const;

/** Every byte in both directions, or this errno in both. */
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
    const detail = `${name} ${step}: ${got}, due ${due}`;
    if (error !== errno) yield otherOutcome(detail, error, errno, where);
    else if (got !== due && error === undefined) yield { code: 'io-incomplete', detail, where };
  }
  const detail = `${name}: memory beside the data was overwritten`;
  if (copy.around === 'broken') yield { code: 'memory-overwritten', detail, where: { driver } };
}
