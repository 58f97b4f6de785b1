/** Whose memory a device works on, where it is not what the kernel gave a process: what that needs, and what must come of it. Pure. */
import { p2pRoute, p2pRouteBy } from '../../fabric/index.js';
import { hasIommu, translates } from '../../model/index.js';
import type { Decision, Setup } from '../kind.js';
import { works } from './decision.js';
import type { MemoryOwner, RangeLayout, Via } from './memory.js';
import { RANGES_SPAN } from './ranges.js';
import { NO_RESERVED_RAM, reservedRam } from './reserved-ram.js';

/** What a workload asks of it. */
export interface MemorySpec {
  memory: MemoryOwner;
  peer?: string | undefined;
  via: readonly Via[];
  /** Of a dma-buf. */
  ranges?: RangeLayout | undefined;
  threads: number;
}

/** What phyr_dma_map() says where the block layer would say something else: of a peer that the device cannot reach. */
const PHYR_ERRNO = new Map([['EINVAL', 'EREMOTEIO']]);

/** `client`: the device that works on it. `undefined`: it is the machine's own, and nothing stands in its way. */
export function decideMemory(spec: MemorySpec, setup: Omit<Setup, 'dut'>, client: string): Decision | undefined {
  const { machine, topology, nodes, backend } = setup;
  if (spec.memory === 'page-less' && reservedRam(machine) === undefined) return { prune: NO_RESERVED_RAM };
  if (spec.peer === undefined) return undefined;
  const peer = nodes.find(({ id }) => id === spec.peer);
  if (peer?.kind !== 'ivshmem') return { prune: `the topology has no BAR called '${spec.peer}'` };
  if (sharedBytes(spec) > peer.sizeMiB << 20)
    return {
      prune: `the BAR of '${peer.id}' is smaller than the workload's dma-bufs (${sharedBytes(spec) >> 20} MiB)`,
    };
  if (spec.memory === 'peer-vfio') {
    const decided = decideVfio(setup, spec, client, peer.id);
    if (decided !== undefined) return decided;
  }
  // The scatterlist is the kernel's to make, whatever maps the requests.
  const kernels = p2pRoute(machine, topology, client, peer.id);
  const byScatterlist = spec.via.includes('dma-buf-sg') && kernels.kind === 'not-modelled';
  const route = byScatterlist ? kernels : p2pRouteBy(backend, machine, topology, client, peer.id);
  if (route.kind === 'not-modelled') return { run: { kind: 'not-modelled', why: route.why } };
  if (route.kind === 'refused') return { run: { kind: 'refused', errno: PHYR_ERRNO.get(route.errno) ?? route.errno } };
  // Of memory without pages the watch sees addresses alone: not whose they are.
  if (spec.memory === 'peer') return works(route.how);
  return works(translates(machine.iommu) ? 'iova' : 'direct');
}

/** Is it a way by dma-buf? */
export function isShared(via: Via): boolean {
  return via === 'dma-buf' || via === 'dma-buf-sg';
}

/** How much of a memory a workload's dma-bufs are spread over: each way and each thread has its own. */
export function sharedBytes({ via, threads, ranges }: MemorySpec): number {
  return ranges === undefined ? 0 : via.filter(isShared).length * threads * RANGES_SPAN;
}

/** `undefined`: as with any other peer. */
function decideVfio(
  { machine, topology }: Omit<Setup, 'dut'>,
  { via }: MemorySpec,
  client: string,
  peer: string,
): Decision | undefined {
  if (!hasIommu(machine)) return { prune: 'vfio-pci takes no device where there is no IOMMU' };
  const route = p2pRoute(machine, topology, client, peer);
  if (route.kind === 'not-modelled' && !translates(machine.iommu))
    return { run: { kind: 'not-modelled', why: route.why } };
  // Peers that talk to each other past the IOMMU cannot be kept apart by it.
  if (route.kind === 'not-modelled' || (route.kind === 'works' && route.how === 'bus-address'))
    return { prune: `the device and '${peer}' are in one IOMMU group, and vfio-pci takes whole groups` };
  // No exporter of ours: what it lends could go at any time without a word, and it hands out no list of ranges.
  if (!via.includes('dma-buf-sg')) return { run: { kind: 'refused', errno: 'EOPNOTSUPP' } };
  // dma_buf_phys_vec_to_sgt() has no other word for a peer that is out of reach.
  return route.kind === 'refused' ? { run: { kind: 'refused', errno: 'EINVAL' } } : undefined;
}
