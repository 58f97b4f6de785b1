/**
 * What a peer-to-peer transfer must do, derived from the machine and the PCI tree.
 *
 * The kernel's rule (drivers/pci/p2pdma.c): two devices below one switch reach each other by bus address unless ACS
 * redirects them upwards; everything else goes through the host bridge, which is trusted on some CPUs only. ACS redirect
 * is switched on by the kernel only when an IOMMU is. QEMU never routes inside a switch, so that a bus address under a
 * translating IOMMU, which works on hardware, cannot be shown.
 */
import { type Machine, type PciNode, type Topology, translates, walk } from '../model/index.js';

export type P2pRoute =
  | { kind: 'bus-address' }
  | { kind: 'host-bridge' }
  | { kind: 'refused' }
  | { kind: 'not-modelled'; why: string };

export function p2pRoute(machine: Machine, topology: Topology, clientId: string, peerId: string): P2pRoute {
  const shared = commonSwitch(topology, clientId, peerId);
  const redirected = shared?.acs === true && machine.iommu.kind !== 'none';
  if (shared !== undefined && !redirected) {
    return translates(machine.iommu)
      ? {
          kind: 'not-modelled',
          why: 'QEMU sends bus addresses through the IOMMU instead of routing them in the switch',
        }
      : { kind: 'bus-address' };
  }
  return machine.hostBridgeP2p ? { kind: 'host-bridge' } : { kind: 'refused' };
}

function commonSwitch(topology: Topology, a: string, b: string): Extract<PciNode, { kind: 'switch' }> | undefined {
  const above = new Map([...walk(topology)].map(({ node, above }) => [node.id, above]));
  const others = new Set(above.get(b));
  const shared = (above.get(a) ?? []).filter((node) => others.has(node));
  return shared.filter((node) => node.kind === 'switch').at(-1);
}
