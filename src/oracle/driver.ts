/**
 * phyr_nvme's own statistics. They say which backend mapped how much, never whether it was right.
 */
import { z } from 'zod';
import type { Backend, DriverUse, Expectation, Machine, Metric, ObjectionOf } from '../model/index.js';

/** debugfs of phyr_nvme, which guest/lab/lab saves when the driver is unbound. More counters may follow. */
export const DriverStats = z.object({
  stats: z.object({
    backend: z.string(),
    mapped: z.number(),
    pieces: z.number(),
    meta_bytes: z.number(),
    list_pages: z.number(),
    sgls: z.number(),
  }),
});
export type DriverStats = z.infer<typeof DriverStats>;

/** The objection if the cell did not test its backend, because another one mapped, or none. */
export function otherBackend(
  stats: readonly DriverStats[],
  backend: Backend,
  expect: Expectation,
): ObjectionOf<'workload'> | undefined {
  const other = stats.find((one) => one.stats.backend !== backend);
  if (other)
    return { code: 'other-backend', detail: `the driver mapped with backend ${other.stats.backend}, not ${backend}` };
  const mapped = total(stats, 'mapped');
  if (mapped > 0 || expect.kind === 'refused') return undefined;
  return { code: 'other-backend', detail: 'the driver does not report that it mapped anything' };
}

/** The objection if the driver never did what the cell is for. */
export function unusedInput(
  stats: readonly DriverStats[],
  uses: readonly DriverUse[],
): ObjectionOf<'workload'> | undefined {
  const unused = uses.filter((use) => total(stats, use) === 0);
  if (unused.length === 0) return undefined;
  return { code: 'input-unused', detail: `the driver counted no ${unused.join(' and no ')}` };
}

/** What `phyrctl soil` says: the size of the bounce buffers that hold a pattern now. */
export const Soiled = z.object({ soiled: z.number() });

/**
 * The objection if all DMA is bounced and the buffers were as fresh as after the boot: zeros would hide data of others. Where instructions are
 * counted, they are left so.
 */
export function cleanBuffers(
  { bounce, clock }: Pick<Machine, 'bounce' | 'clock'>,
  soiled: number | undefined,
): ObjectionOf<'workload'> | undefined {
  if (bounce !== 'force' || clock !== 'wall' || (soiled ?? 0) > 0) return undefined;
  return { code: 'input-unused', detail: 'no bounce buffer was filled before the cell' };
}

/** Figures that do not vary: how the data was described to the device. */
export function structureCounts(stats: readonly DriverStats[]): Metric[] {
  if (stats.length === 0) return [];
  return [
    { what: 'mapped', unit: 'requests', value: total(stats, 'mapped'), better: 'neither' },
    { what: 'pieces', unit: '', value: total(stats, 'pieces'), better: 'lower' },
    { what: 'metadata', unit: 'B', value: total(stats, 'meta_bytes'), better: 'lower' },
  ];
}

function total(stats: readonly DriverStats[], counter: 'mapped' | 'pieces' | 'meta_bytes' | DriverUse): number {
  return stats.reduce((sum, one) => sum + one.stats[counter], 0);
}
