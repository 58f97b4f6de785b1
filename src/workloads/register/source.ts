/** What a region's memory is, and for which engine. Pure. */
import { type PciNode, type Topology, walk } from '../../model/index.js';
import type { MemorySpec } from '../shared/memory-spec.js';
import type { RegionSource, Register } from './declaration.js';

/** The engine of a workload: the first of its kind in the topology. */
export function engineOf(
  topology: Topology,
  { engine }: Register,
): Extract<PciNode, { kind: Register['engine'] }> | undefined {
  for (const { node } of walk(topology))
    if ((node.kind === 'edu' || node.kind === 'iommu-testdev') && node.kind === engine) return node;
  return undefined;
}

type DmaBuf = Extract<RegionSource, { kind: 'dma-buf' }>;

/** A dma-buf as a memory spec, with room for one that is used and one that is revoked. */
export function memorySpecOf({ memory, peer, via, ranges }: DmaBuf): MemorySpec {
  return { memory, peer, via: [via], ranges, threads: 2 };
}
