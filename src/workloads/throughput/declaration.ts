import { z } from 'zod';
import { Id } from '../../model/index.js';

/** Throughput of one kind of I/O, by fio. */
export const FioLoad = z.strictObject({
  name: Id,
  op: z.enum(['read', 'write', 'randread', 'randwrite']),
  blockSize: z
    .int()
    .min(512)
    .max(4 << 20)
    .refine((n) => n % 512 === 0, 'must be a multiple of 512'),
  depth: z.int().min(1).max(256),
});
export type FioLoad = z.infer<typeof FioLoad>;

/** Throughput and latency of our driver and of the kernel's, in turns, on two disks that differ in nothing else. */
export const Throughput = z.strictObject({
  id: Id,
  kind: z.literal('throughput'),
  loads: z.array(FioLoad).min(1),
  /** Of a turn. */
  ms: z.int().min(100).max(60_000),
  rounds: z.int().min(1).max(100),
});
export type Throughput = z.infer<typeof Throughput>;
