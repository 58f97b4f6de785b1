/**
 * Where every device of a topology stands: QEMU's bus and slot, and the address by which the guest's kernel knows it.
 *
 * Slots are ours to choose. Bus numbers are the firmware's: SeaBIOS numbers the buses below bridges depth first in order
 * of their slots, starting with 1, and Linux keeps its numbers, so they can be predicted; on arm64, without a firmware, Linux
 * counts alike. The root bus of a second host bridge has the number that we give it; the firmware counts on from there, so the
 * first that is free is ours. `Guest.checkPci` holds the prediction against what QEMU reports after the boot.
 */
import { type Endpoint, type PciNode, type Topology, UsageError, walk } from '../model/index.js';

export interface PciDevice {
  /** QEMU's device id. */
  id: string;
  driver:
    | 'pcie-root-port'
    | 'x3130-upstream'
    | 'xio3130-downstream'
    | 'pxb-pcie'
    | (typeof ENDPOINTS)[Endpoint['kind']];
  /** The node that asked for this device; a switch makes a port for every node below it. */
  node: PciNode;
  /** QEMU's id of the bus that it is plugged into. */
  bus: string;
  slot: number;
  fn: number;
  /** One of several functions: the slot's first function has to say so. */
  multifunction: boolean;
  /** Of the bus that it makes. */
  below?: number;
  /** `0000:03:00.0`, as in the guest's /sys/bus/pci/devices */
  bdf: string;
}

const ENDPOINTS = {
  nvme: 'nvme',
  ivshmem: 'ivshmem-plain',
  edu: 'edu',
  'iommu-testdev': 'iommu-testdev',
} as const satisfies Record<Endpoint['kind'], string>;

/** On pcie.0: the host bridge is slot 0, our own devices 1, 2 and 0x1e, the south bridge 0x1f. */
export const OWN_SLOTS = { network: 1, pvpanic: 2, iommu: 0x1e } as const;
const FIRST_ROOT_SLOT = 3;
const LAST_ROOT_SLOT = 0x1d;
const NVME_SERIAL_LENGTH = 20;

interface Bus {
  id: string;
  number: number;
}

interface Place {
  on: Bus;
  slot: number;
}

/** Every device of the tree in an order in which QEMU can create them (a bus before what is plugged into it). */
export function pciDevices(topology: Topology): PciDevice[] {
  const devices: PciDevice[] = [];
  let lastBus = 0;

  const place = (node: PciNode, driver: PciDevice['driver'], { on, slot }: Place, more: Partial<PciDevice> = {}) => {
    const fn = more.fn ?? 0;
    const device = { id: deviceId(node.id), driver, node, bus: on.id, slot, fn, multifunction: false, ...more };
    devices.push({ ...device, bdf: bdf(on.number, slot, fn) });
  };
  const bridge = (node: PciNode, driver: PciDevice['driver'], at: Place, id = deviceId(node.id)): Bus => {
    const below = ++lastBus;
    place(node, driver, at, { id, below });
    return { id, number: below };
  };

  const visit = (node: PciNode, at: Place): void => {
    switch (node.kind) {
      case 'root-port': {
        const on = bridge(node, 'pcie-root-port', at);
        for (const child of node.below) visit(child, { on, slot: 0 });
        break;
      }
      case 'switch': {
        const inside = bridge(node, 'x3130-upstream', at);
        for (const [slot, child] of node.below.entries()) {
          // Only a QEMU root port has access control services; below the switch it makes a switch port that has them.
          const driver = node.acs ? 'pcie-root-port' : 'xio3130-downstream';
          visit(child, { on: bridge(node, driver, { on: inside, slot }, `${inside.id}.${slot}`), slot: 0 });
        }
        break;
      }
      case 'host-bridge': {
        const on = bridge(node, 'pxb-pcie', at);
        for (const [slot, child] of node.below.entries()) visit(child, { on, slot });
        break;
      }
      case 'multifunction':
        for (const [fn, child] of node.functions.entries())
          place(child, ENDPOINTS[child.kind], at, { fn, multifunction: fn === 0 });
        break;
      default:
        place(node, ENDPOINTS[node.kind], at);
    }
  };

  checkTree(topology);
  const onRoot = topology.root.map((node, index) => ({
    node,
    at: { on: { id: 'pcie.0', number: 0 }, slot: FIRST_ROOT_SLOT + index },
  }));
  // The firmware looks for further host bridges when it has numbered what is below the first.
  for (const { node, at } of onRoot) if (node.kind !== 'host-bridge') visit(node, at);
  for (const { node, at } of onRoot) if (node.kind === 'host-bridge') visit(node, at);
  return devices;
}

/** The guest's address of every node of the topology, by the node's id; a switch is its upstream port, several functions are the first. */
export function pciPlan(topology: Topology): Map<string, string> {
  const plan = new Map<string, string>();
  for (const device of pciDevices(topology)) if (!plan.has(device.node.id)) plan.set(device.node.id, device.bdf);
  for (const { node } of walk(topology)) {
    const first = node.kind === 'multifunction' ? plan.get(node.functions[0]?.id ?? '') : undefined;
    if (first !== undefined) plan.set(node.id, first);
  }
  return plan;
}

/** QEMU's ids begin with a letter and may not meet those of our own devices. */
export function deviceId(nodeId: string): string {
  return `pci-${nodeId}`;
}

function bdf(bus: number, slot: number, fn: number): string {
  return `0000:${hex(bus)}:${hex(slot)}.${fn}`;
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
    const over = above.at(-1);
    if (over?.kind === 'host-bridge' && node.kind !== 'root-port')
      throw wrong(
        `'${node.id}' stands on the bus of '${over.id}'`,
        'QEMU takes only root ports there: put it below one',
      );
    if (node.kind === 'switch' && over === undefined)
      throw wrong(`switch '${node.id}' stands on the root bus`, 'put it below a root-port');
    if (node.kind === 'root-port' && over !== undefined && over.kind !== 'host-bridge')
      throw wrong(`root-port '${node.id}' stands below '${over.id}'`, 'root ports belong on a root bus');
    if (node.kind === 'host-bridge' && over !== undefined)
      throw wrong(`host-bridge '${node.id}' stands below '${over.id}'`, 'host bridges belong at the root');
    if (node.kind === 'nvme' && node.id.length > NVME_SERIAL_LENGTH)
      throw wrong(
        `the id '${node.id}' is too long for an NVMe serial number`,
        `use at most ${NVME_SERIAL_LENGTH} characters`,
      );
    if (node.kind === 'root-port' || node.kind === 'host-bridge') buses += 1;
    if (node.kind === 'switch') buses += 1 + node.below.length;
  }
  if (buses > 255) throw wrong(`${buses} buses`, 'there are 255 bus numbers below the root bus');
}
