import { z } from 'zod';

export const OracleName = z.enum(['workload', 'data', 'translation', 'device', 'faults', 'leaks', 'kernel-log']);
export type OracleName = z.infer<typeof OracleName>;
