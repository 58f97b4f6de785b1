/** What I/O between a disk and an NVDIMM must do, and what it needs. */
import { type Machine, type Path, translates } from '../../model/index.js';
import type { MemoryPath } from '../shared/memory-paths.js';
import type { Pmem } from './declaration.js';

/**
 * The errno with which a path must refuse the memory, if so. Nobody can pin page frames without struct pages, which leaves O_DIRECT no
 * way to them; those of a DAX file may not be pinned for long, since truncation waits for pins.
 */
export function pmemRefusal(machine: Machine, { mode }: Pmem, { via }: MemoryPath): string | undefined {
  if (mode === 'fsdax') return via === 'registered' ? 'EOPNOTSUPP' : undefined;
  if (via === 'odirect') return 'EFAULT';
  return pathOf(machine) === 'bounce' ? 'EIO' : undefined;
}

/** How the disk reaches an NVDIMM, which lies above 4 GiB. */
export function pathOf({ iommu, bounce, dmaBits }: Machine): Path {
  if (translates(iommu)) return 'iova';
  return bounce === 'force' || (dmaBits !== undefined && dmaBits <= 32) ? 'bounce' : 'direct';
}
