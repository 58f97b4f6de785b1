/** What I/O between a disk and an NVDIMM must do, and what it requires. */
import { type DmaPath, type Machine, translates } from '../../model/index.js';
import type { IoPath } from '../shared/io-paths.js';
import type { Pmem } from './declaration.js';

/**
 * The errno with which a path must refuse the memory, if it must. Page frames without struct pages cannot be pinned, so
 * O_DIRECT cannot use them. Pages of a DAX file may not be pinned for long, since truncation waits for pins.
 */
export function pmemRefusal(machine: Machine, { mode }: Pmem, { via }: IoPath): string | undefined {
  if (mode === 'fsdax') return via === 'registered' ? 'EOPNOTSUPP' : undefined;
  if (via === 'odirect') return 'EFAULT';
  return pathToNvdimm(machine) === 'bounce' ? 'EIO' : undefined;
}

/** How the disk reaches an NVDIMM, which is above 4 GiB. */
export function pathToNvdimm({ iommu, bounce, dmaBits }: Machine): DmaPath {
  if (translates(iommu)) return 'iova';
  return bounce === 'force' || (dmaBits !== undefined && dmaBits <= 32) ? 'bounce' : 'direct';
}
