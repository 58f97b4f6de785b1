/**
 * The process guest/tools/iospace in the guest, which has devices and address spaces for them: of two devices of a kind the first is for
 * the kernel's APIs, the other for phyr_domain.ko.
 */
import { z } from 'zod';
import { InfraError, walk } from '../../model/index.js';
import type { WorkloadContext } from './context.js';
import { undoing } from './undo.js';

/** How a process gets a device and an address space for it: by VFIO's type 1, by what iommufd makes of the calls for that, ... */
export type IommuApi = 'type1' | 'compat' | 'iommufd' | 'phyr8' | 'phyr16';

const IommuApis = z.object({ apis: z.array(z.enum(['type1', 'compat', 'iommufd'])).min(1) });
/** What is mapped, unmapped and allocated from then on is counted, ... */
export const Counting = z.object({ count: z.object({ errno: z.null() }) });
/** ... and was so often. */
export const Counted = z.object({
  counted: z.object({ errno: z.null(), maps: z.number(), unmaps: z.number(), tables: z.number().nullable() }),
});

export interface Devices {
  /** PCI addresses. */
  bdf: Record<'theirs' | 'ours', string>;
  /** The kernel's own APIs that this kernel has. */
  apis: z.infer<typeof IommuApis>['apis'];
}

/** Their drivers have the devices while `work` goes on. `spare`: pages of 2 MiB that the pool must have left. */
export async function withDevices<T>(
  { cell, lab, bdf: bdfOf }: WorkloadContext,
  kind: 'edu' | 'iommu-testdev',
  spare: number,
  work: (devices: Devices) => Promise<T>,
): Promise<T> {
  const [theirs, ours] = [...walk(cell.topology)]
    .filter(({ node }) => node.kind === kind)
    .map(({ node }) => bdfOf(node.id));
  if (theirs === undefined || ours === undefined) throw new InfraError(`the topology has no two devices '${kind}'`);
  const { apis } = await lab.ask(IommuApis, `lab vfio load ${spare}`);
  return undoing(
    async () => {
      await lab.bind(theirs, 'vfio-pci');
      await lab.bind(ours, 'phyr_domain');
      return await work({ bdf: { theirs, ours }, apis });
    },
    async () => {
      // First the process, which has the devices.
      await lab.run('lab vfio unload');
      for (const bdf of [theirs, ours]) await lab.unbind(bdf);
    },
  );
}
