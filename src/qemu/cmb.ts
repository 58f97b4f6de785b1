/**
 * A controller memory buffer is memory inside QEMU. Its content is read through the monitor, as the bus would read it.
 */
import { z } from 'zod';
import { InfraError } from '../model/index.js';
import { pciFunctions } from './inspect.js';
import { deviceId } from './pci.js';
import type { Qmp } from './qmp.js';

/** The BAR of the controller memory buffer. */
const CMB_BAR = 2;

/** Writes the current content of the buffer of `node` to `file`, a path that QEMU can open. */
export async function copyCmb(qmp: Qmp, node: string, file: string): Promise<void> {
  const bar = (await pciFunctions(qmp)).get(deviceId(node))?.regions.find((region) => region.bar === CMB_BAR);
  if (bar === undefined || bar.address <= 0)
    throw new InfraError(`QEMU reports no address for the controller memory buffer of '${node}'`);
  await qmp.execute('pmemsave', z.unknown(), { val: bar.address, size: bar.size, filename: file });
}
