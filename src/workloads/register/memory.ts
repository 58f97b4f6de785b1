/** The memory of a workload `register`: its names for the guest's tool, and where the host sees it. */

import type { Run } from '../../oracle/index.js';
import type { WorkloadContext } from '../shared/context.js';
import { layCanary } from '../shared/dma-buf.js';
import { PIECE } from '../shared/memory.js';
import { bytesOf, type Range, runsOf } from '../shared/ranges.js';
import { reservedRam } from '../shared/reserved-ram.js';
import { makeMemory, type TestMemory } from '../shared/test-memory.js';
import type { RegionSource, Register } from './declaration.js';
import { memorySpecOf } from './source.js';

export interface RegionMemory {
  from: RegionSource;
  /** The memory that is used. Memory of the same kind and size is revoked. */
  name: string;
  taken: string;
  bytes: number;
  /** Size of its physically contiguous pieces in bytes; 0: decided by the exporter. */
  chunk: number;
  /** For a dma-buf. `runs`: where the memory is for a device without translation. */
  target?: { memory: TestMemory; ranges: Range[]; runs: Run[] };
  release(): Promise<void>;
}

export async function makeRegionMemory(context: WorkloadContext<Register>, from: RegionSource): Promise<RegionMemory> {
  if (from.kind === 'user') {
    const { memory, kib } = from;
    return { from, name: memory, taken: memory, bytes: kib * 1024, chunk: PIECE[memory], release: async () => {} };
  }
  const spec = memorySpecOf(from);
  const memory = await makeMemory(context, spec);
  await layCanary(context.lab, spec, memory);
  const ranges = memory.ranges(from.via);
  return {
    from,
    name: memory.names[from.via],
    taken: memory.taken(from.via),
    bytes: bytesOf(ranges),
    chunk: 0,
    target: { memory, ranges, runs: runsOf(await baseOf(context, from), ranges) },
    release: () => memory.release(),
  };
}

type DmaBuf = Extract<RegionSource, { kind: 'dma-buf' }>;

/** Where the exporter's memory begins: the reserved RAM, or the peer's BAR 2. */
async function baseOf({ cell, lab, peers }: WorkloadContext<Register>, { memory, peer = '' }: DmaBuf): Promise<number> {
  if (memory === 'page-less') return Number(reservedRam(cell.machine)?.base);
  const line = await lab.text(`sed -n 3p /sys/bus/pci/devices/${peers.get(peer)?.bdf}/resource`);
  return Number(line.split(' ')[0]);
}
