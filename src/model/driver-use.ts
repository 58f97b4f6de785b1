import { z } from 'zod';

/** phyr_nvme's counters of what a workload may be for: PRP lists and SGLs that took a page, commands with an SGL. */
export const DriverUse = z.enum(['list_pages', 'sgls']);
export type DriverUse = z.infer<typeof DriverUse>;
