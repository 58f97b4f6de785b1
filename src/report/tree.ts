/** The PCI tree as text: a line for each function, and below it the DMA route from the device under test. */
import { p2pRoute, pathToRam, peerDriver, redirects } from '../fabric/index.js';
import { hasIommu, type Machine, type PciNode, type Topology, walk } from '../model/index.js';
import { type PciDevice, pciDevices } from '../qemu/pci.js';
import { wrapped } from '../terminal/index.js';
import { DMA_PATH_TEXT, formatRoute } from './route.js';

interface Item {
  text: string;
  /** Further lines of the same item. */
  notes: string[];
  below: Item[];
}

/** @param dut the node whose DMA routes are shown; without it only the tree is */
export function drawTree(
  machine: Machine,
  topology: Topology,
  dut?: string,
  width = Number.POSITIVE_INFINITY,
): string[] {
  const devices = pciDevices(topology);
  const memory: Item[] =
    dut === undefined
      ? []
      : [
          {
            text: `memory of the machine: ${dut} reaches it ${DMA_PATH_TEXT[pathToRam(machine)]}`,
            notes: [],
            below: [],
          },
        ];
  const root = devices.filter(({ bus }) => bus === 'pcie.0').sort((a, b) => a.slot - b.slot || a.fn - b.fn);
  const below = [...memory, ...root.map((device) => item(device, { machine, topology, dut, devices }))];
  return ['host bridge', ...draw(below, '', width)];
}

interface Context {
  machine: Machine;
  topology: Topology;
  dut: string | undefined;
  devices: readonly PciDevice[];
}

function item(device: PciDevice, context: Context): Item {
  const { machine, topology, dut, devices } = context;
  const { node, bdf } = device;
  const offers = peerDriver(node);
  const notes =
    dut !== undefined && offers !== undefined
      ? [`${dut} <-> ${node.id}: ${formatRoute(p2pRoute(machine, topology, dut, node.id))}`]
      : [];
  const text = [bdf.slice('0000:'.length), ` ${role(device, machine, topology)}`].join(' ');
  return {
    text,
    notes,
    below: devices.filter(({ bus }) => bus === device.id).map((one) => item(one, context)),
  };
}

function role({ node, driver }: PciDevice, machine: Machine, topology: Topology): string {
  switch (node.kind) {
    case 'root-port':
      return `${node.id}: root port, ${acs(machine, topology)}`;
    case 'switch':
      if (driver === 'x3130-upstream') return `${node.id}: switch, upstream port`;
      return `${node.id}: switch port, ${node.acs ? acs(machine, topology) : 'no ACS'}`;
    case 'host-bridge':
      return `${node.id}: second host bridge (pxb-pcie)`;
    default:
      return `${node.id}: ${endpoint(node)}${card(topology, node)}`;
  }
}

function endpoint(node: PciNode): string {
  switch (node.kind) {
    case 'nvme': {
      const more = [
        node.maxTransferKiB !== undefined && `up to ${node.maxTransferKiB} KiB a command`,
        node.cmbMiB !== undefined && `controller memory buffer of ${node.cmbMiB} MiB`,
        node.pmrMiB !== undefined && `persistent memory region of ${node.pmrMiB} MiB`,
      ].filter((text) => text !== false);
      const what = node.role === 'dut' ? 'device under test' : 'reference';
      return [`NVMe of ${node.sizeMiB} MiB, ${what}`, ...more].join(', ');
    }
    case 'ivshmem':
      return `ivshmem, a BAR of ${node.sizeMiB} MiB`;
    case 'edu':
      return `edu, a DMA engine of ${node.dmaMaskBits} bits`;
    default:
      return node.kind;
  }
}

function card(topology: Topology, node: PciNode): string {
  for (const { node: other, above } of walk(topology)) {
    const over = above.at(-1);
    if (other === node && over?.kind === 'multifunction') return `, a function of ${over.id}`;
  }
  return '';
}

function acs(machine: Machine, topology: Topology): string {
  if (!hasIommu(machine)) return 'ACS not in use: no IOMMU';
  return redirects(machine, topology) ? 'ACS redirects to peers upwards' : 'ACS with redirection off';
}

function draw(items: readonly Item[], indent: string, width: number): string[] {
  return items.flatMap(({ text, notes, below }, index) => {
    const last = index === items.length - 1;
    const inner = `${indent}${last ? '   ' : '│  '}`;
    const noteIndent = `${inner}${below.length > 0 ? '│  ' : '   '}`;
    return [
      ...hung(text, `${indent}${last ? '└─' : '├─'} `, `${noteIndent}  `, width),
      ...notes.flatMap((note) => hung(note, `${noteIndent}      `, `${noteIndent}        `, width)),
      ...draw(below, inner, width),
    ];
  });
}

/** Text wrapped behind the lines of the tree. */
function hung(text: string, first: string, next: string, width: number): string[] {
  const lines = wrapped(text, width - next.length, 0);
  return lines.map((line, at) => (at === 0 ? first : next) + line);
}
