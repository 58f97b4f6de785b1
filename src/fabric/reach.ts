import { type DmaPath, type Machine, translates } from '../model/index.js';

/** How a device reaches the machine's own memory. */
export function pathToRam(machine: Machine): DmaPath {
  if (translates(machine.iommu)) return 'iova';
  return machine.bounce === 'force' || beyondReach(machine) ? 'bounce' : 'direct';
}

/** Has the machine memory above what the device's addresses can name? Below 4 GiB the machine puts 2 GiB at most, the rest above. */
function beyondReach({ dmaBits, memoryMiB }: Machine): boolean {
  return dmaBits !== undefined && (memoryMiB > 2048 ? 4096 + memoryMiB - 2048 : memoryMiB) > 2 ** (dmaBits - 20);
}
