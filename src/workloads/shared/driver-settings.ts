/** Parameters of phyr_nvme that a workload sets before the disk is bound. The modules are loaded anew for each cell, so nothing is left behind. */
import { z } from 'zod';
import type { Nvme } from '../../fabric/index.js';
import type { Lab } from '../../guest/index.js';
import { DriverUse } from '../../model/index.js';

/** QEMU's limit of a command if the topology does not name one. */
const DEVICE_KIB = 512;

export const DriverSettings = z.strictObject({
  /** The largest command, by default 128 KiB. */
  maxKiB: z.int().min(4).max(2048).optional(),
  /** The average length of its segments from which on a command has an SGL; by default none has. */
  sglKiB: z.int().min(1).max(2048).optional(),
  /** Entries of an I/O queue, by default 256. */
  depth: z.int().min(4).max(1024).optional(),
  /** I/O queues, by default one a CPU. */
  queues: z.int().min(1).max(64).optional(),
  /** What the cell is for: it is inconclusive if the driver never did it. */
  uses: z.array(DriverUse).min(1),
});
export type DriverSettings = z.infer<typeof DriverSettings>;

const PARAMETERS = { maxKiB: 'max_kib', sglKiB: 'sgl_kib', depth: 'depth', queues: 'queues' } as const;

export function tuneCommand(settings: DriverSettings): string {
  const given = Object.entries(PARAMETERS).flatMap(([name, parameter]) => {
    const value = settings[name as keyof typeof PARAMETERS];
    return value === undefined ? [] : [`${parameter}=${value}`];
  });
  return `lab tune ${given.join(' ')}`;
}

/** To be called before the disk is bound. */
export async function tune(lab: Lab, settings: DriverSettings | undefined): Promise<void> {
  if (settings !== undefined) await lab.run(tuneCommand(settings));
}

/** The reason why the device does not take such commands. */
export function beyondDevice(settings: DriverSettings | undefined, dut: Nvme): { prune: string } | undefined {
  const { maxTransferKiB = DEVICE_KIB } = dut;
  const maxKiB = settings?.maxKiB ?? 0;
  if (maxKiB <= maxTransferKiB) return undefined;
  return { prune: `commands of ${maxKiB} KiB, and the disk takes up to ${maxTransferKiB} KiB` };
}
