/** What measuring a process's memory needs. Pure. */
import { type Backend, hasIommu, type Machine, type PciNode } from '../../model/index.js';
import { reservedRam } from '../shared/reserved-ram.js';
import type { UserCost } from './declaration.js';

/** What the guest needs besides the memory that is measured. MiB. */
const SPARE_MIB = 512;

/** Why a cell cannot be. */
export function userCostLacks(
  machine: Machine,
  nodes: readonly PciNode[],
  cost: UserCost,
  backend: Backend,
): string | undefined {
  const testers = nodes.filter(({ kind }) => kind === 'iommu-testdev').length;
  if (cost.what === 'domain') {
    if (backend !== 'phyr8' && backend !== 'phyr16') return 'a domain of its own is filled from lists: phyr8 or phyr16';
    if (!hasIommu(machine)) return 'without an IOMMU a process cannot be given a device';
    if (testers < 2) return 'the topology has no two iommu-testdevs';
  } else {
    if (backend !== 'phyr8') return 'registered memory is a packed list, whatever the backend: it is run once';
    if (testers < 1) return 'the topology has no iommu-testdev';
    if (cost.points.some(({ memory }) => memory === 'dma-buf') && reservedRam(machine) === undefined)
      return 'the machine reserves no RAM that a dma-buf could be made of';
  }
  const most = Math.max(...cost.points.map((point) => ('kib' in point ? point.kib : 0))) / 1024;
  if (most + SPARE_MIB > machine.memoryMiB) return `${most} MiB do not fit into a machine of ${machine.memoryMiB} MiB`;
  return undefined;
}
