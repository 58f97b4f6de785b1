import { z } from 'zod';
import { Id } from '../../model/index.js';
import { RangeLayout } from '../shared/memory.js';

export const CtlIo = z
  .strictObject({
    id: Id,
    kind: z.literal('ctl-io'),
    /**
     * Whose memory: `user` is a process's own; `page-less` is RAM that the machine reserves, so that it has no struct pages;
     * `peer` is a peer's BAR with struct pages, `peer-page-less` the same without; `peer-vfio` is one that the kernel's vfio-pci
     * has and gives to a process, which no exporter of ours can take back.
     */
    memory: z.enum(['user', 'page-less', 'peer', 'peer-page-less', 'peer-vfio']),
    peer: Id.optional(),
    /**
     * `direct`: named in each request; `registered`: mapped once, and used by slices. `dma-buf`: the same, of a dma-buf whose exporter
     * hands over the list of physical ranges; `dma-buf-sg`: whose exporter maps it, and hands over a scatterlist, as is the kernel's way.
     */
    via: z.array(z.enum(['direct', 'registered', 'dma-buf', 'dma-buf-sg'])).min(1),
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
