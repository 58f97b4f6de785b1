import { z } from 'zod';
import { Id } from '../../model/index.js';

/** One fio job of a `fio-verify` workload: every block of its region is written once and read back once. */
export const FioJob = z.strictObject({
  name: Id,
  pattern: z.enum(['sequential', 'random']),
  blockSize: z
    .int()
    .min(512)
    .max(4 << 20)
    .refine((n) => n % 512 === 0, 'must be a multiple of 512'),
  regionKiB: z
    .int()
    .min(1)
    .max(1 << 20),
  depth: z.int().min(1).max(256),
  jobs: z.int().min(1).max(16),
});
export type FioJob = z.infer<typeof FioJob>;

export const FioVerify = z.strictObject({
  id: Id,
  kind: z.literal('fio-verify'),
  jobs: z.array(FioJob).min(1),
  /** Watch the device as well (oracle `device`); the small workloads always do. */
  deviceTrace: z.boolean().optional(),
});
export type FioVerify = z.infer<typeof FioVerify>;
