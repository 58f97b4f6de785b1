import { z } from 'zod';
import { pathToRam } from '../../fabric/index.js';
import { Id, translates } from '../../model/index.js';
import { defineKind, never, none } from '../kind.js';
import { REGISTERED } from '../shared/backends.js';
import { worksOnHost } from '../shared/decision.js';
import type { Figures } from '../shared/figures.js';
import { HostMemory, MemoryOwner, notInPages, RangeLayout, Via } from '../shared/memory.js';
import { decideMemory } from '../shared/memory-spec.js';
import { engineOf, memorySpecOf } from './source.js';

/** What a region is made of: memory of a process, or a dma-buf of memory without struct pages, as in `ctl-io`. */
export const RegionSource = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('user'),
    memory: HostMemory,
    kib: z.int().min(64).max(16_384).multipleOf(4),
  }),
  z.strictObject({
    kind: z.literal('dma-buf'),
    memory: MemoryOwner.extract(['page-less', 'peer-page-less', 'peer-vfio']),
    peer: Id.optional(),
    via: Via.extract(['dma-buf', 'dma-buf-sg']),
    ranges: RangeLayout,
  }),
]);
export type RegionSource = z.infer<typeof RegionSource>;

/**
 * Memory that is registered with a DMA engine: mapped once, described in blocks, used by key from several processes,
 * and deregistered while they use it. The exporter of a dma-buf also revokes it.
 */
export const Register = z
  .strictObject({
    id: Id,
    kind: z.literal('register'),
    from: RegionSource,
    engine: z.enum(['edu', 'iommu-testdev']),
    processes: z.int().min(1).max(16),
  })
  .superRefine(({ from }, ctx) => {
    if (from.kind === 'dma-buf' && from.memory.startsWith('peer') !== (from.peer !== undefined))
      ctx.addIssue({
        code: 'custom',
        path: ['from', 'peer'],
        message: "memory 'peer-page-less' and 'peer-vfio' need 'peer', other memory must not have it",
      });
  });
export type Register = z.infer<typeof Register>;

export const figures = {
  block: { unit: 'B', better: 'neither' },
  blocks: { unit: '', better: 'lower' },
  metadata: { unit: 'B', better: 'lower' },
} satisfies Figures;

export const register = defineKind({
  name: 'register',
  describe: 'memory registered with a DMA engine, used by key from several processes, revoked under load',
  schema: Register,
  clock: 'wall',
  kernel: 'any',
  modules: ['phyr_engine', 'phyr_store'],
  faultyModules: never,
  backends: () => REGISTERED,
  diskKiB: () => 0,
  decide(workload, setup) {
    const { from } = workload;
    const engine = engineOf(setup.topology, workload);
    if (engine === undefined) return { prune: `the topology has no ${workload.engine}` };
    if (pathToRam(setup.machine) === 'bounce')
      return { prune: 'the device would reach bounce buffers instead of the registered memory' };
    const narrow = engine.kind === 'edu' && !translates(setup.machine.iommu);
    if (from.kind === 'user') {
      if (narrow) return { prune: 'edu has 28 address bits, and the memory of a process is above' };
      const prune = notInPages(from);
      return prune === undefined ? worksOnHost(setup) : { prune };
    }
    const decided = decideMemory(memorySpecOf(from), setup, engine.id);
    if (decided !== undefined && ('prune' in decided || decided.run.kind !== 'works')) return decided;
    if (!narrow) return decided ?? worksOnHost(setup);
    // The result is decided by memory above edu's addresses: reserved RAM at the end of RAM, BARs beyond.
    return { run: { kind: 'refused', errno: 'EIO' } };
  },
  peer: none,
  ranges: ({ from }) => (from.kind === 'dma-buf' ? from.ranges : undefined),
  watched: never,
  oneWay: false,
  ownDomain: false,
  powersOff: never,
  benchmark: false,
  figures,
  run: () => import('./run.js'),
});
