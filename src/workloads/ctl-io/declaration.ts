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
    /** Of a dma-buf. */
    ranges: RangeLayout.optional(),
    threads: z.int().min(1).max(64),
    /** Processes, not threads, which have only the key of what another has registered. */
    processes: z.boolean().optional(),
    /** For each way of `via`: so much is written, and so much is read. */
    sizeKiB: z
      .int()
      .min(64)
      .max(1 << 20),
    /** In the end the memory is taken back under I/O. Only where nothing of it has struct pages. */
    revoke: z.boolean().optional(),
    driver: DriverSettings.optional(),
  })
  .superRefine((workload, ctx) => {
    const object = (message: string) => ctx.addIssue({ code: 'custom', message });
    const shared = workload.via.some((via) => via.startsWith('dma-buf'));
    if (workload.memory.startsWith('peer') !== (workload.peer !== undefined))
      object("memory 'peer', 'peer-page-less' and 'peer-vfio' name the peer, the others have none");
    if (shared !== (workload.ranges !== undefined)) object("a dma-buf is made of 'ranges', and nothing else is");
    if (shared && (workload.memory === 'user' || workload.memory === 'peer'))
      object('dma-bufs are made of memory without struct pages');
    if (workload.memory === 'peer-vfio' && workload.via.includes('dma-buf-sg') && workload.via.length > 1)
      object(
        "of what vfio-pci has, 'dma-buf-sg' works and everything else is refused: a workload has one or the other",
      );
    if (workload.memory === 'peer' && workload.via.includes('registered'))
      object('P2P memory with struct pages may not be pinned for long, so it cannot be registered');
    if (workload.processes === true && workload.via.includes('direct'))
      object('what is named in each request has no key that processes could share');
    if (workload.revoke === true && (workload.memory === 'user' || workload.memory === 'peer'))
      object('memory with struct pages cannot be taken back');
    if (
      workload.revoke === true &&
      shared &&
      (workload.threads < 2 || !workload.via.every((v) => v.startsWith('dma-buf')))
    )
      object('dma-bufs are taken back where there are two threads and no other way to the memory');
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
