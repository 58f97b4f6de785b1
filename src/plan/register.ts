/** What registered memory of a process needs. Pure. */
import { type Backend, type Machine, type PciNode, type Register, translates } from '../model/index.js';
import { hostPath } from './expand.js';

/** Why a cell cannot be. */
export function registerLacks(
  machine: Machine,
  nodes: readonly PciNode[],
  workload: Register,
  backend: Backend,
): string | undefined {
  if (backend !== 'phyr8') return 'registered memory is a packed list, whatever the backend: it is run once';
  if (!nodes.some(({ kind }) => kind === workload.engine)) return `the topology has no ${workload.engine}`;
  if (hostPath(machine) === 'bounce') return 'what is bounced is not where it is registered';
  if (workload.engine === 'edu' && !translates(machine.iommu))
    return 'edu reaches 28 bits of address, and a process has its memory elsewhere';
  if (workload.memory === '64k' && workload.kib > 1920) return 'memory in pages of 64 KiB is less than 2 MiB';
  return undefined;
}

/** What must be refused, by the names that guest/tools/region.c gives it; null for what must go through. */
export const REGION_REFUSALS: Readonly<Record<string, string | null>> = {
  'use beyond the end': 'ERANGE',
  'use inside a page': 'EINVAL',
  'use by another key': 'ENOENT',
  "deregister another's": 'ENOENT',
  'register nothing': 'EINVAL',
  'register for nobody': 'EINVAL',
  'register what is not there': 'EFAULT',
  'register what may not be written': 'EFAULT',
  'write what is to be read': 'EACCES',
  deregister: null,
  'use after deregistering': 'ENOENT',
  'deregister twice': 'ENOENT',
};
