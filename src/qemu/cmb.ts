/** A controller memory buffer is memory of QEMU's own: what it holds is seen through the monitor, as the bus would read it. */
import { z } from 'zod';
import { InfraError } from '../model/index.js';
import { pciFunctions } from './inspect.js';
import { deviceId } from './pci.js';
import type { Qmp } from './qmp.js';

/** Of an NVMe with a controller memory buffer. */
const CMB_BAR = 2;

/** Writes to `file`, a path that QEMU can open, what the buffer of the NVMe `node` holds now. */
export async function copyCmb(qmp: Qmp, node: string, file: string): Promise<void> {
  const bar = (await pciFunctions(qmp)).get(deviceId(node))?.regions.find((region) => region.bar === CMB_BAR);
  if (bar === undefined || bar.address <= 0)
    throw new InfraError(`QEMU does not show where the controller memory buffer of '${node}' is`);
  await qmp.execute('pmemsave', z.unknown(), { val: bar.address, size: bar.size, filename: file });
}
