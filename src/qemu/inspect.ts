/** Inspects a guest from outside, through QEMU's monitor. */
import { z } from 'zod';
import { InfraError } from '../model/index.js';
import type { Qmp } from './qmp.js';

/** Reads 64-bit words of the guest's physical memory, or of a device register. */
export async function readWords(qmp: Qmp, address: bigint, count: number): Promise<bigint[]> {
  const command = `xp /${count}xg 0x${address.toString(16)}`;
  const said = await qmp.execute('human-monitor-command', z.string(), { 'command-line': command });
  const words = said.split('\n').flatMap((line) => line.slice(line.indexOf(':') + 1).match(/0x[0-9a-f]+/g) ?? []);
  if (words.length !== count) throw new InfraError(`QEMU cannot read the guest's memory at ${address}`, said);
  return words.map(BigInt);
}

export interface PciFunction {
  /** In Linux's notation. */
  bdf: string;
  regions: { bar: number; address: number; size: number }[];
}

interface PciInfo {
  qdev_id: string;
  bus: number;
  slot: number;
  function: number;
  regions: PciFunction['regions'];
  pci_bridge?: { devices?: PciInfo[] | undefined } | undefined;
}
const PciInfo: z.ZodType<PciInfo> = z.lazy(() =>
  z.object({
    qdev_id: z.string(),
    bus: z.number(),
    slot: z.number(),
    function: z.number(),
    regions: z.array(z.object({ bar: z.number(), address: z.number(), size: z.number() })),
    pci_bridge: z.object({ devices: z.array(PciInfo).optional() }).optional(),
  }),
);

/** All PCI functions by QEMU device id, at the addresses that firmware and kernel gave them. */
export async function pciFunctions(qmp: Qmp): Promise<Map<string, PciFunction>> {
  const buses = await qmp.execute('query-pci', z.array(z.object({ devices: z.array(PciInfo) })));
  const found = new Map<string, PciFunction>();
  const collect = (devices: readonly PciInfo[]): void => {
    for (const device of devices) {
      const [bus, slot] = [device.bus, device.slot].map((n) => n.toString(16).padStart(2, '0'));
      found.set(device.qdev_id, { bdf: `0000:${bus}:${slot}.${device.function}`, regions: device.regions });
      collect(device.pci_bridge?.devices ?? []);
    }
  };
  for (const { devices } of buses) collect(devices);
  return found;
}
