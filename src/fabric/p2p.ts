/**
 * What a peer-to-peer transfer must do, derived from the machine and the PCI tree.
 *
 * Follows the kernel's rule (drivers/pci/p2pdma.c): two devices below a common bridge reach each other by bus address,
 * unless a port on the way redirects the traffic upwards. Everything else goes through the host bridge, which the kernel
 * trusts only on some CPUs. Only ports with ACS redirect, and the kernel enables that only if there is an IOMMU. QEMU
 * never routes inside a switch, so a bus address under a translating IOMMU, which works on hardware, cannot be tested.
 */
import {
  type Backend,
  type DmaPath,
  hasIommu,
  type Machine,
  type PciNode,
  type Topology,
  translates,
  walk,
} from '../model/index.js';

export type P2pRoute = { why: string } & (
  | { kind: 'works'; how: DmaPath }
  | { kind: 'refused'; errno: string }
  | { kind: 'not-modelled' }
);

/** The block layer's error if the device cannot reach the P2P memory of a request (blk-mq-dma.c: BLK_STS_INVAL). */
const P2P_REFUSED_ERRNO = 'EINVAL';

/**
 * The error of phyr_dma_map(), and then of the block layer (BLK_STS_IOERR), if the peer is beyond the device's DMA
 * mask.
 */
const BEYOND_MASK_ERRNO = 'EIO';

type Where = [machine: Machine, topology: Topology, clientId: string, peerId: string];

/** The firmware puts 64-bit BARs, which all peers have, above half a tebibyte. */
const BAR_BITS = 40;

/** The driver that provides this device's memory to others. `undefined`: it has no such memory. */
export function peerDriver(node: PciNode): 'phyr_peer' | 'nvme' | undefined {
  if (node.kind === 'ivshmem') return 'phyr_peer';
  if (node.kind !== 'nvme' || node.role === 'dut') return undefined;
  if (node.pmrMiB !== undefined) return 'phyr_peer';
  return node.cmbMiB === undefined ? undefined : 'nvme';
}

/** How the device `clientId` reaches the memory of the device `peerId`. */
export function p2pRoute(...where: Where): P2pRoute {
  const route = wayTo(...where);
  if (route.kind !== 'works' || route.how !== 'host-bridge' || !beyondMask(where[0])) return route;
  return {
    kind: 'not-modelled',
    why: `${route.why}, but the peer is beyond the device's DMA mask, for which the kernel's paths return different errors`,
  };
}

/**
 * The route with one backend. The kernel returns a bus address without checking the device's DMA mask; a device with as
 * few address lines would truncate it. phyr.ko refuses it. (QEMU's NVMe has all address lines, so with the kernel's
 * paths it works.)
 */
export function p2pRouteBy(backend: Backend, ...where: Where): P2pRoute {
  if (backend !== 'phyr16' && backend !== 'phyr8') return p2pRoute(...where);
  const route = wayTo(...where);
  if (route.kind !== 'works' || route.how === 'iova' || !beyondMask(where[0])) return route;
  return { kind: 'refused', errno: BEYOND_MASK_ERRNO, why: `${route.why}, but the peer is beyond the device's mask` };
}

/** The route, without regard to the DMA mask. */
function wayTo(...[machine, topology, clientId, peerId]: Where): P2pRoute {
  const way = meeting(...bridgesOfBoth(topology, clientId, peerId));
  const redirector = way.ports.find(({ acs }) => acs && redirects(machine, topology));
  if (way.meet !== undefined && redirector === undefined) {
    const why = `both are below ${way.meet.name} and no port between redirects`;
    if (!translates(machine.iommu)) return { kind: 'works', how: 'bus-address', why };
    return {
      kind: 'not-modelled',
      why: `${why}: the address is a bus address, but QEMU sends it through the IOMMU instead of routing it in the switch`,
    };
  }
  const upwards =
    redirector === undefined ? 'no bridge is above both' : `${redirector.name} redirects peer traffic upwards`;
  if (!machine.hostBridgeP2p) {
    return {
      kind: 'refused',
      errno: P2P_REFUSED_ERRNO,
      why: `${upwards}, and the kernel does not trust this host bridge to forward it`,
    };
  }
  if (translates(machine.iommu)) return { kind: 'works', how: 'iova', why: `${upwards}; the IOMMU leads to the peer` };
  if (machine.bounce === 'force') {
    return {
      kind: 'not-modelled',
      why: `${upwards}, and swiotlb=force refuses peer memory with BLK_STS_RESOURCE, which the block layer retries forever`,
    };
  }
  return { kind: 'works', how: 'host-bridge', why: `${upwards}, and the kernel trusts this host bridge to forward it` };
}

function beyondMask({ dmaBits }: Machine): boolean {
  return dmaBits !== undefined && dmaBits < BAR_BITS;
}

/** How two devices are placed relative to each other: a row of the table of `phyrlab run p2p`. */
export function p2pRelation(topology: Topology, clientId: string, peerId: string): string {
  const [a, b] = bridgesOfBoth(topology, clientId, peerId);
  const { meet, ports } = meeting(a, b);
  if (clientId === peerId) return 'the device itself';
  if (meet !== undefined) {
    const acs = ports.some((port) => port.acs);
    const redirect = acs ? `, redirect ${topology.acsRedirect === false ? 'off' : 'on'}` : '';
    if (sameDevice(topology, clientId, peerId)) {
      return `functions of a device below a ${acs ? `port with ACS${redirect}` : 'switch without ACS'}`;
    }
    return acs ? `ACS switch${redirect}` : 'switch without ACS';
  }
  if (hostBridgeOf(topology, clientId) !== hostBridgeOf(topology, peerId)) return 'two host bridges';
  if (a.length === 0 && b.length === 0) {
    return sameDevice(topology, clientId, peerId) ? 'functions of a device on the root bus' : 'both on the root bus';
  }
  return a.length > 0 && b.length > 0 ? 'two root ports' : 'a root port and the root bus';
}

/** A PCI bridge as the kernel sees it. A switch is an upstream port, and a port for each device below it. */
interface Bridge {
  name: string;
  /**
   * Can it redirect (ACS)? In QEMU only the root port can, which therefore also stands for the ports of ACS switches.
   */
  acs: boolean;
}

type Bridges = readonly Bridge[];

function bridgesOfBoth(topology: Topology, a: string, b: string): [Bridges, Bridges] {
  const all = bridgesOf(topology);
  return [all.get(a) ?? [], all.get(b) ?? []];
}

/** Does the kernel make the ports of this machine redirect? It requests ACS as soon as it finds an IOMMU. */
export function redirects(machine: Machine, topology: Topology): boolean {
  return hasIommu(machine) && topology.acsRedirect !== false;
}

const bridgesIn = new WeakMap<Topology, Map<string, Bridges>>();

/** The bridges above every node, nearest first. All nodes below a port share the same object. */
function bridgesOf(topology: Topology): Map<string, Bridges> {
  const known = bridgesIn.get(topology);
  if (known !== undefined) return known;
  const above = new Map<string, Bridges>();
  bridgesIn.set(topology, above);
  const visit = (node: PciNode, bridges: Bridges): void => {
    above.set(node.id, bridges);
    switch (node.kind) {
      case 'root-port': {
        const own = { name: `root port ${node.id}`, acs: true };
        for (const child of node.below) visit(child, [own, ...bridges]);
        break;
      }
      case 'switch': {
        const upstream = { name: `switch ${node.id}`, acs: false };
        for (const [index, child] of node.below.entries())
          visit(child, [{ name: `port ${index} of switch ${node.id}`, acs: node.acs }, upstream, ...bridges]);
        break;
      }
      case 'host-bridge':
        for (const child of node.below) visit(child, bridges);
        break;
      case 'multifunction':
        for (const child of node.functions) visit(child, bridges);
    }
  };
  for (const node of topology.root) visit(node, []);
  return above;
}

/**
 * The nearest bridge above both, and the ports whose redirection matters. The kernel climbs up from the provider and
 * examines each bridge before it checks whether the client is below it, so the common bridge matters as well.
 */
function meeting(client: Bridges, provider: Bridges): { meet?: Bridge; ports: Bridge[] } {
  const at = provider.findIndex((bridge) => client.includes(bridge));
  const meet = provider[at];
  if (meet === undefined) return { ports: [] };
  return { meet, ports: [...provider.slice(0, at + 1), ...client.slice(0, client.indexOf(meet))] };
}

function sameDevice(topology: Topology, a: string, b: string): boolean {
  const inside = (id: string) => aboveOf(topology, id).find((node) => node.kind === 'multifunction');
  return inside(a) !== undefined && inside(a) === inside(b);
}

function hostBridgeOf(topology: Topology, id: string): PciNode | undefined {
  return aboveOf(topology, id).find((node) => node.kind === 'host-bridge');
}

function aboveOf(topology: Topology, id: string): PciNode[] {
  for (const { node, above } of walk(topology)) if (node.id === id) return above;
  return [];
}
