/**
 * Where every device of a topology stands: QEMU's bus and slot, and the address by which the guest's kernel knows it.
 *
 * Slots are ours to choose. Bus numbers are the firmware's: SeaBIOS numbers the buses below bridges depth first in order
 * of their slots, starting with 1, and Linux keeps its numbers, so they can be predicted. `Guest.checkPci` holds the prediction
 * against what QEMU reports after the boot.
 */
import { type PciNode, type Topology, UsageError, walk } from '../model/index.js';

export interface PciDevice {
  /** QEMU's device id. */
  id: string;
  driver: 'pcie-root-port' | 'x3130-upstream' | 'xio3130-downstream' | 'nvme' | 'ivshmem-plain';
  /** The node that asked for this device; a switch makes a port for every node below it. */
  node: PciNode;
  /** QEMU's id of the bus that it is plugged into. */
  bus: string;
  slot: number;
  /** `0000:03:00.0`, as in the guest's /sys/bus/pci/devices */
  bdf: string;
}

/** On pcie.0: the host bridge is slot 0, our own devices 1, 2 and 0x1e, the south bridge 0x1f. */
export const OWN_SLOTS = { network: 1, pvpanic: 2, iommu: 0x1e } as const;
const FIRST_ROOT_SLOT = 3;
const LAST_ROOT_SLOT = 0x1d;
const NVME_SERIAL_LENGTH = 20;

/** Every device of the tree in an order in which QEMU can create them (a bus before what is plugged into it). */
export function pciDevices(topology: Topology): PciDevice[] {
  const devices: PciDevice[] = [];
  let lastBus = 0;

  const place = (node: PciNode, id: string, driver: PciDevice['driver'], on: Bus, slot: number): void => {
    devices.push({ id, driver, node, bus: on.id, slot, bdf: bdf(on.number, slot) });
  };

  const visit = (node: PciNode, on: Bus, slot: number): void => {
    const id = deviceId(node.id);
    switch (node.kind) {
      case 'nvme':
        place(node, id, 'nvme', on, slot);
        break;
      case 'ivshmem':
        place(node, id, 'ivshmem-plain', on, slot);
        break;
      case 'root-port': {
        place(node, id, 'pcie-root-port', on, slot);
        const below = { id, number: ++lastBus };
        for (const child of node.below) visit(child, below, 0);
        break;
      }
      case 'switch': {
        place(node, id, 'x3130-upstream', on, slot);
        const inside = { id, number: ++lastBus };
        for (const [port, child] of node.below.entries()) {
          // Only a QEMU root port has access control services; below the switch it makes a switch port that has them.
          const portId = `${id}.${port}`;
          place(node, portId, node.acs ? 'pcie-root-port' : 'xio3130-downstream', inside, port);
          visit(child, { id: portId, number: ++lastBus }, 0);
        }
        break;
      }
    }
  };

  checkTree(topology);
  for (const [index, node] of topology.root.entries())
    visit(node, { id: 'pcie.0', number: 0 }, FIRST_ROOT_SLOT + index);
  return devices;
}

/** The guest's address of every node of the topology, by the node's id; a switch is its upstream port. */
export function pciPlan(topology: Topology): Map<string, string> {
  const plan = new Map<string, string>();
  for (const device of pciDevices(topology)) if (!plan.has(device.node.id)) plan.set(device.node.id, device.bdf);
  return plan;
}

interface Bus {
  id: string;
  number: number;
}

/** QEMU's ids begin with a letter and may not meet those of our own devices. */
function deviceId(nodeId: string): string {
  return `pci-${nodeId}`;
}

function bdf(bus: number, slot: number): string {
  return `0000:${hex(bus)}:${hex(slot)}.0`;
}

function hex(n: number): string {
  return n.toString(16).padStart(2, '0');
}

/** What the types allow and PCI Express does not. */
function checkTree(topology: Topology): void {
  const wrong = (what: string, hint: string) => new UsageError(`topology '${topology.id}': ${what}`, hint);
  const roots = LAST_ROOT_SLOT - FIRST_ROOT_SLOT + 1;
  if (topology.root.length > roots)
    throw wrong(
      `${topology.root.length} devices on the root bus`,
      `there are ${roots} free slots; put some below a switch`,
    );
  let buses = 0;
  for (const { node, above } of walk(topology)) {
    if (node.kind === 'switch' && above.length === 0)
      throw wrong(`switch '${node.id}' stands on the root bus`, 'put it below a root-port');
    if (node.kind === 'root-port' && above.length > 0)
      throw wrong(`root-port '${node.id}' stands below '${above.at(-1)?.id}'`, 'root ports belong on the root bus');
    if (node.kind === 'nvme' && node.id.length > NVME_SERIAL_LENGTH)
      throw wrong(
        `the id '${node.id}' is too long for an NVMe serial number`,
        `use at most ${NVME_SERIAL_LENGTH} characters`,
      );
    if (node.kind === 'root-port') buses += 1;
    if (node.kind === 'switch') buses += 1 + node.below.length;
  }
  if (buses > 255) throw wrong(`${buses} buses`, 'there are 255 bus numbers below the root bus');
}
