import { z } from 'zod';
import { Id } from '../../model/index.js';
import { defineKind, never, none } from '../kind.js';
import { OF_DRIVER } from '../shared/backends.js';
import { worksOnHost } from '../shared/decision.js';
import { beyondDevice, DriverSettings } from '../shared/driver-settings.js';
import { HostMemory, notInPages } from '../shared/memory.js';

/** Disk -> memory of the machine -> disk, for every kind of page and every offset of the data in its first page. */
export const MemoryCopy = z
  .strictObject({
    id: Id,
    kind: z.literal('memory-copy'),
    memory: z.array(HostMemory).min(1),
    heads: z
      .array(
        z
          .int()
          .min(0)
          .max(4092)
          .refine((n) => n % 4 === 0, 'must be a multiple of 4'),
      )
      .min(1),
    /** Of one copy; with a head, its tail lies inside a page, too. */
    bytes: z
      .int()
      .min(512)
      .max(2 << 20)
      .refine((n) => n % 512 === 0, 'must be a multiple of 512'),
    driver: DriverSettings.optional(),
  })
  .superRefine(({ memory, bytes }, ctx) => {
    for (const one of memory) {
      const message = notInPages({ memory: one, kib: bytes / 1024 });
      if (message !== undefined) ctx.addIssue({ code: 'custom', message });
    }
  });
export type MemoryCopy = z.infer<typeof MemoryCopy>;

export const memoryCopy = defineKind({
  name: 'memory-copy',
  describe: 'disk to RAM to disk, for each page size, and for data that starts inside a page',
  schema: MemoryCopy,
  clock: 'wall',
  kernel: 'any',
  modules: [],
  faultyModules: never,
  backends: () => OF_DRIVER,
  diskKiB: ({ memory, heads, bytes }) => (4 * memory.length * heads.length * bytes) / 1024,
  decide: ({ driver }, setup) => beyondDevice(driver, setup.dut) ?? worksOnHost(setup),
  peer: none,
  ranges: none,
  watched: never,
  oneWay: true,
  ownDomain: false,
  powersOff: never,
  benchmark: false,
  figures: {},
  run: () => import('./run.js'),
});
