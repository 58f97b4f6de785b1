import { z } from 'zod';
import { Id } from '../../model/index.js';
import { defineKind, never, none } from '../kind.js';
import { WITHOUT_BIO } from '../shared/backends.js';
import { worksOnHost } from '../shared/decision.js';
import { beyondDevice, DriverSettings } from '../shared/driver-settings.js';
import { MemoryOwner, RangeLayout, Via } from '../shared/memory.js';
import { decideMemory } from '../shared/memory-spec.js';
import { RANGES_SPAN } from '../shared/ranges.js';

export const CtlIo = z
  .strictObject({
    id: Id,
    kind: z.literal('ctl-io'),
    memory: MemoryOwner,
    peer: Id.optional(),
    via: z.array(Via).min(1),
    /** For a dma-buf. */
    ranges: RangeLayout.optional(),
    threads: z.int().min(1).max(64),
    /** Use processes instead of threads. They have only the key of memory that another process registered. */
    processes: z.boolean().optional(),
    /** For each path in `via`: how much is written, and how much is read. */
    sizeKiB: z
      .int()
      .min(64)
      .max(1 << 20),
    /** Revoke the memory under I/O in the end. Only possible if none of it has struct pages. */
    revoke: z.boolean().optional(),
    driver: DriverSettings.optional(),
  })
  .superRefine((workload, ctx) => {
    const object = (message: string) => ctx.addIssue({ code: 'custom', message });
    const shared = workload.via.some((via) => via.startsWith('dma-buf'));
    if (workload.memory.startsWith('peer') !== (workload.peer !== undefined))
      object("memory 'peer', 'peer-page-less' and 'peer-vfio' need 'peer', other memory must not have it");
    if (shared !== (workload.ranges !== undefined)) object("a dma-buf needs 'ranges', other memory must not have it");
    if (shared && (workload.memory === 'user' || workload.memory === 'peer'))
      object('a dma-buf needs memory without struct pages');
    if (workload.memory === 'peer-vfio' && workload.via.includes('dma-buf-sg') && workload.via.length > 1)
      object(
        "with memory of vfio-pci, 'dma-buf-sg' works and everything else is refused, so a workload cannot have both",
      );
    if (workload.memory === 'peer' && workload.via.includes('registered'))
      object('P2P memory with struct pages may not be pinned for long, so it cannot be registered');
    if (workload.processes === true && workload.via.includes('direct'))
      object('memory that each request names has no key that processes could share');
    if (workload.revoke === true && (workload.memory === 'user' || workload.memory === 'peer'))
      object('memory with struct pages cannot be revoked');
    if (
      workload.revoke === true &&
      shared &&
      (workload.threads < 2 || !workload.via.every((v) => v.startsWith('dma-buf')))
    )
      object('revoking a dma-buf needs two threads, and no other path to its memory');
  });
export type CtlIo = z.infer<typeof CtlIo>;

export const ctlIo = defineKind({
  name: 'ctl-io',
  describe: 'I/O through /dev/phyrN-ctl, without a bio, on memory of a process, of a peer, or without struct pages',
  schema: CtlIo,
  clock: 'wall',
  kernel: 'any',
  modules: ['phyr_store'],
  faultyModules: never,
  backends: () => WITHOUT_BIO,
  diskKiB: ({ via, sizeKiB, ranges }) => via.length * (2 * sizeKiB + (ranges === undefined ? 0 : RANGES_SPAN / 1024)),
  decide: (workload, setup) =>
    beyondDevice(workload.driver, setup.dut) ?? decideMemory(workload, setup, setup.dut.id) ?? worksOnHost(setup),
  peer: none,
  ranges: ({ ranges }) => ranges,
  watched: () => true,
  oneWay: false,
  ownDomain: false,
  powersOff: never,
  benchmark: false,
  figures: {},
  run: () => import('./run.js'),
});
