/**
 * The place of every device of a topology: QEMU's bus and slot, and its PCI address in the guest.
 *
 * We choose the slots. The firmware numbers the buses: SeaBIOS goes depth first in the order of slots, starting with 1,
 * and Linux keeps these numbers, so they can be predicted. On arm64 there is no firmware, and Linux numbers them the
 * same way. We set the number of a second host bridge's root bus to the first free one, and the firmware continues from
 * there. `Guest.checkPci` compares the prediction with what QEMU reports after boot.
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
  /** The node that this device belongs to. A switch also has a port for each node below it. */
  node: PciNode;
  /** QEMU's id of the bus that it is plugged into. */
  bus: string;
  slot: number;
  fn: number;
  /** The slot has several functions, which its first function must announce. */
  multifunction: boolean;
  /** Number of the bus below it. */
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

/** On pcie.0, slot 0 is the host bridge and slot 0x1f the south bridge. These are the slots of our own devices. */
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

/** All devices, in an order in which QEMU can create them: a bus before the devices on it. */
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
          // Of QEMU's bridges only the root port has ACS. Below a switch it stands for a switch port with ACS.
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
  // The firmware looks for more host bridges after it has numbered everything below the first one.
  for (const { node, at } of onRoot) if (node.kind !== 'host-bridge') visit(node, at);
  for (const { node, at } of onRoot) if (node.kind === 'host-bridge') visit(node, at);
  return devices;
}

/**
 * The PCI address of every node in the guest, by node id: of a switch its upstream port, of a multifunction device its
 * first function.
 */
export function pciPlan(topology: Topology): Map<string, string> {
  const plan = new Map<string, string>();
  for (const device of pciDevices(topology)) if (!plan.has(device.node.id)) plan.set(device.node.id, device.bdf);
  for (const { node } of walk(topology)) {
    const first = node.kind === 'multifunction' ? plan.get(node.functions[0]?.id ?? '') : undefined;
    if (first !== undefined) plan.set(node.id, first);
  }
  return plan;
}

/** QEMU's ids must begin with a letter, and must not collide with our own devices. */
export function deviceId(nodeId: string): string {
  return `pci-${nodeId}`;
}

function bdf(bus: number, slot: number, fn: number): string {
  return `0000:${hex(bus)}:${hex(slot)}.${fn}`;
}

function hex(n: number): string {
  return n.toString(16).padStart(2, '0');
}

/** Refuses topologies that the types allow but PCI Express does not. */
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
        `'${node.id}' is on the root bus of '${over.id}'`,
        'QEMU allows only root ports there: put it below one',
      );
    if (node.kind === 'switch' && over === undefined)
      throw wrong(`switch '${node.id}' is on the root bus`, 'put it below a root-port');
    if (node.kind === 'root-port' && over !== undefined && over.kind !== 'host-bridge')
      throw wrong(`root-port '${node.id}' is below '${over.id}'`, 'root ports belong on a root bus');
    if (node.kind === 'host-bridge' && over !== undefined)
      throw wrong(`host-bridge '${node.id}' is below '${over.id}'`, 'host bridges belong at the root');
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
