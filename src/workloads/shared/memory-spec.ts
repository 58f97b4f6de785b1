/** Memory other than what the kernel allocated for a process: what it needs, and the expected result. Pure. */
import { p2pRoute, p2pRouteBy } from '../../fabric/index.js';
import { hasIommu, translates } from '../../model/index.js';
import type { Decision, Setup } from '../kind.js';
import { works } from './decision.js';
import type { MemoryOwner, RangeLayout, Via } from './memory.js';
import { RANGES_SPAN } from './ranges.js';
import { NO_RESERVED_RAM, reservedRam } from './reserved-ram.js';

/** What a workload requires of its memory. */
export interface MemorySpec {
  memory: MemoryOwner;
  peer?: string | undefined;
  via: readonly Via[];
  /** For dma-bufs. */
  ranges?: RangeLayout | undefined;
  threads: number;
}

/** The errno of phyr_dma_map() where that of the block layer differs: for a peer that the device cannot reach. */
const PHYR_ERRNO = new Map([['EINVAL', 'EREMOTEIO']]);

/** @param client the device that uses the memory. `undefined`: it is the machine's own memory, and nothing prevents its use. */
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
  // The kernel makes the scatterlist, whichever backend maps the requests.
  const kernels = p2pRoute(machine, topology, client, peer.id);
  const byScatterlist = spec.via.includes('dma-buf-sg') && kernels.kind === 'not-modelled';
  const route = byScatterlist ? kernels : p2pRouteBy(backend, machine, topology, client, peer.id);
  if (route.kind === 'not-modelled') return { run: { kind: 'not-modelled', why: route.why } };
  if (route.kind === 'refused') return { run: { kind: 'refused', errno: PHYR_ERRNO.get(route.errno) ?? route.errno } };
  // For memory without pages, the watch sees addresses but not whose they are.
  if (spec.memory === 'peer') return works(route.how);
  return works(translates(machine.iommu) ? 'iova' : 'direct');
}

/** Is the memory named by a dma-buf? */
export function isShared(via: Via): boolean {
  return via === 'dma-buf' || via === 'dma-buf-sg';
}

/** How much memory a workload's dma-bufs are spread over. Each path and thread has its own. */
export function sharedBytes({ via, threads, ranges }: MemorySpec): number {
  return ranges === undefined ? 0 : via.filter(isShared).length * threads * RANGES_SPAN;
}

/** `undefined`: the same as for any other peer. */
function decideVfio(
  { machine, topology }: Omit<Setup, 'dut'>,
  { via }: MemorySpec,
  client: string,
  peer: string,
): Decision | undefined {
  if (!hasIommu(machine)) return { prune: 'vfio-pci needs an IOMMU' };
  const route = p2pRoute(machine, topology, client, peer);
  if (route.kind === 'not-modelled' && !translates(machine.iommu))
    return { run: { kind: 'not-modelled', why: route.why } };
  // An IOMMU cannot isolate peers that reach each other without passing it.
  if (route.kind === 'not-modelled' || (route.kind === 'works' && route.how === 'bus-address'))
    return { prune: `the device and '${peer}' are in one IOMMU group, and vfio-pci needs the whole group` };
  // vfio-pci is not an exporter of ours: it can revoke its memory without notice, and provides no list of ranges.
  if (!via.includes('dma-buf-sg')) return { run: { kind: 'refused', errno: 'EOPNOTSUPP' } };
  // dma_buf_phys_vec_to_sgt() returns this errno for a peer that is out of reach.
  return route.kind === 'refused' ? { run: { kind: 'refused', errno: 'EINVAL' } } : undefined;
}
