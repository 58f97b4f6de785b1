/** What memory that is registered with an engine needs, and what must come of it. Pure. */
import {
  type Backend,
  type Expectation,
  type Machine,
  type Path,
  type PciNode,
  type Topology,
  translates,
  walk,
} from '../../model/index.js';
import { decideLent, type Lent } from '../shared/lent.js';
import type { RegionSource, Register } from './declaration.js';

/** The engine of a workload: the first of its kind. */
export function engineOf(
  topology: Topology,
  { engine }: Register,
): Extract<PciNode, { kind: Register['engine'] }> | undefined {
  for (const { node } of walk(topology))
    if ((node.kind === 'edu' || node.kind === 'iommu-testdev') && node.kind === engine) return node;
  return undefined;
}

type DmaBuf = Extract<RegionSource, { kind: 'dma-buf' }>;

/** A dma-buf in the words of `ctl-io`, with room for one that is used, and one that is taken back. */
export function lentOf({ memory, peer, via, ranges }: DmaBuf): Lent {
  return { memory, peer, via: [via], ranges, threads: 2 };
}

/** `hostPath`: how a device reaches the machine's own memory. */
export function decideRegister(
  machine: Machine,
  topology: Topology,
  workload: Register,
  backend: Backend,
  hostPath: Path,
): { run: Expectation } | { prune: string } {
  const { from } = workload;
  const engine = engineOf(topology, workload);
  if (backend !== 'phyr8') return { prune: 'registered memory is a packed list, whatever the backend: it is run once' };
  if (engine === undefined) return { prune: `the topology has no ${workload.engine}` };
  if (hostPath === 'bounce') return { prune: 'what is bounced is not where it is registered' };
  const narrow = engine.kind === 'edu' && !translates(machine.iommu);
  if (from.kind === 'user') {
    if (narrow) return { prune: 'edu reaches 28 bits of address, and a process has its memory elsewhere' };
    if (from.memory === '64k' && from.kib > 1920) return { prune: 'memory in pages of 64 KiB is less than 2 MiB' };
    return { run: { kind: 'works', how: hostPath } };
  }
  const lent = decideLent(machine, topology, lentOf(from), backend, engine.id);
  if (lent !== undefined && ('prune' in lent || lent.run.kind !== 'works')) return lent;
  if (!narrow) return lent ?? { run: { kind: 'works', how: hostPath } };
  // What is lent lies above all of edu's addresses: reserved RAM at the end of what there is, BARs beyond.
  return { run: { kind: 'refused', errno: 'EIO' } };
}

/** What must be refused, by the names that guest/tools/region_refuse.c gives it; null for what must go through. */
export function regionRefusals(from: RegionSource): Record<string, string | null> {
  return {
    'use beyond the end': 'ERANGE',
    'use inside a page': 'EINVAL',
    'use by another key': 'ENOENT',
    "deregister another's": 'ENOENT',
    ...(from.kind === 'user' ? USER_REFUSALS : DMABUF_REFUSALS),
    ...(from.kind === 'dma-buf' && from.memory !== 'peer-vfio' && { 'register what may not be written': 'EACCES' }),
    'write what is to be read': 'EACCES',
    deregister: null,
    'use after deregistering': 'ENOENT',
    'deregister twice': 'ENOENT',
  };
}

const USER_REFUSALS = {
  'register nothing': 'EINVAL',
  'register for nobody': 'EINVAL',
  'register what is not there': 'EFAULT',
  'register what may not be written': 'EFAULT',
};

const DMABUF_REFUSALS = {
  'register a part': 'EINVAL',
  'register for nobody': 'EINVAL',
  'register what is no dma-buf': 'EINVAL',
  'register no file': 'EBADF',
};
