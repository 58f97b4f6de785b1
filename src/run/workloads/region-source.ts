/** What memory of a workload `register` is made of: as the guest's tool names it, and where the host sees it. */
import type { Register } from '../../model/index.js';
import { bytesOf, lentOf, type Range } from '../../plan/index.js';
import { type CtlMemory, makeMemory } from './ctl-memory.js';
import { layCanary } from './ctl-shared.js';
import type { WorkloadContext } from './types.js';

export interface RegionMemory {
  /** What is used, and of the same kind and size what is taken back. */
  name: string;
  taken: string;
  bytes: number;
  /** In physically contiguous pieces of so many bytes; 0: as the exporter has it. */
  chunk: number;
  /** A dma-buf's. */
  lent?: { memory: CtlMemory; ranges: Range[] };
  release(): Promise<void>;
}

const CHUNK = { '4k': 4096, '64k': 65_536, '2m': 2 ** 21, hugetlb: 2 ** 21 };

export async function makeRegionMemory(context: WorkloadContext<Register>): Promise<RegionMemory> {
  const { from } = context.workload;
  if (from.kind === 'user') {
    const { memory, kib } = from;
    return { name: memory, taken: memory, bytes: kib * 1024, chunk: CHUNK[memory], release: async () => {} };
  }
  const lent = lentOf(from);
  const memory = await makeMemory(context, lent);
  await layCanary(lent, memory);
  const ranges = memory.ranges(from.via);
  return {
    name: memory.names[from.via],
    taken: memory.taken(from.via),
    bytes: bytesOf(ranges),
    chunk: 0,
    lent: { memory, ranges },
    release: () => memory.release(),
  };
}
