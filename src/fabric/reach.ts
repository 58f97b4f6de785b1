import { type DmaPath, type Machine, translates } from '../model/index.js';

/** How a device reaches the machine's memory. */
export function pathToRam(machine: Machine): DmaPath {
  if (translates(machine.iommu)) return 'iova';
  return machine.bounce === 'force' || beyondReach(machine) ? 'bounce' : 'direct';
}

/**
 * Does the machine have memory above the device's highest address? At most 2 GiB are below 4 GiB, the rest is above.
 */
function beyondReach({ dmaBits, memoryMiB }: Machine): boolean {
  return dmaBits !== undefined && (memoryMiB > 2048 ? 4096 + memoryMiB - 2048 : memoryMiB) > 2 ** (dmaBits - 20);
}
