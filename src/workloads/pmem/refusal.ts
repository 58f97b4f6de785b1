/** What I/O between a disk and an NVDIMM must do, and what it needs. */
import { type Backend, type Expectation, type Machine, translates } from '../../model/index.js';
import type { MemoryPath } from '../shared/memory-paths.js';
import type { Pmem } from './declaration.js';

/**
 * The errno with which a path must refuse the memory, if so. Nobody can pin page frames without struct pages, which leaves O_DIRECT no
 * way to them; those of a DAX file may not be pinned for long, since truncation waits for pins.
 */
export function pmemRefusal(machine: Machine, { mode }: Pmem, { via }: MemoryPath): string | undefined {
  if (mode === 'fsdax') return via === 'registered' ? 'EOPNOTSUPP' : undefined;
  if (via === 'odirect') return 'EFAULT';
  return bounces(machine) ? 'EIO' : undefined;
}

export function decidePmem(
  machine: Machine,
  workload: Pmem,
  backend: Backend,
): { run: Expectation } | { prune: string } {
  if (machine.nvdimmMiB === undefined) return { prune: 'the machine has no NVDIMM' };
  // Memory without pages is described by phyr.ko alone; with pages, the driver behind the block layer maps it as any other.
  if (workload.mode === 'raw' && backend !== 'phyr8')
    return { prune: 'I/O without a bio is mapped by phyr.ko as packed lists, whatever the backend: it is run once' };
  if (workload.mode === 'raw' && bounces(machine)) return { run: { kind: 'refused', errno: 'EIO' } };
  return { run: { kind: 'works', how: translates(machine.iommu) ? 'iova' : bounces(machine) ? 'bounce' : 'direct' } };
}

/** An NVDIMM lies above 4 GiB. */
function bounces({ iommu, bounce, dmaBits }: Machine): boolean {
  return !translates(iommu) && (bounce === 'force' || (dmaBits !== undefined && dmaBits <= 32));
}
