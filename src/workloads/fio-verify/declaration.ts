import { z } from 'zod';
import { Id } from '../../model/index.js';
import { defineKind, never, none } from '../kind.js';
import { OF_DRIVER } from '../shared/backends.js';
import { worksOnHost } from '../shared/decision.js';
import { SECRET_KIB } from '../shared/disk-layout.js';
import { beyondDevice, DriverSettings } from '../shared/driver-settings.js';
import type { Figures } from '../shared/figures.js';

/** One fio job: every block of its region is written once and read back once. */
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
  /** Where in a page its buffers begin. */
  head: z
    .int()
    .min(4)
    .max(4092)
    .refine((n) => n % 4 === 0, 'must be a multiple of 4')
    .optional(),
  jobs: z.int().min(1).max(16),
});
export type FioJob = z.infer<typeof FioJob>;

export const FioVerify = z.strictObject({
  id: Id,
  kind: z.literal('fio-verify'),
  jobs: z.array(FioJob).min(1),
  /** Trace the device for the oracle `device`; small workloads always do. */
  deviceTrace: z.boolean().optional(),
  driver: DriverSettings.optional(),
});
export type FioVerify = z.infer<typeof FioVerify>;

export const figures = {
  verified: { unit: 'I/Os', better: 'neither' },
  fio: { unit: 'ms emulated', better: 'lower' },
} satisfies Figures;

export const fioVerify = defineKind({
  name: 'fio-verify',
  describe: 'fio writes every block of its regions once and reads it back; the host knows what each must hold',
  schema: FioVerify,
  clock: 'wall',
  kernel: 'any',
  modules: [],
  faultyModules: never,
  backends: () => OF_DRIVER,
  diskKiB: ({ jobs }) => jobs.reduce((sum, job) => sum + job.regionKiB * job.jobs, SECRET_KIB),
  decide({ jobs, driver }, setup) {
    const { blockSize } = setup.dut;
    const small = jobs.find((job) => job.blockSize % blockSize !== 0);
    if (small)
      return { prune: `job '${small.name}' uses blocks that are not a multiple of the disk's ${blockSize} bytes` };
    return beyondDevice(driver, setup.dut) ?? worksOnHost(setup);
  },
  peer: none,
  ranges: none,
  watched: ({ deviceTrace }) => deviceTrace === true,
  oneWay: false,
  ownDomain: false,
  powersOff: never,
  benchmark: false,
  figures,
  run: () => import('./run.js'),
});
