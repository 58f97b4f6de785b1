import { type PciNode, type Topology, walk } from '../model/index.js';

export type Nvme = Extract<PciNode, { kind: 'nvme' }>;

export interface Devices {
  nodes: readonly PciNode[];
  duts: readonly Nvme[];
}

const devices = new WeakMap<Topology, Devices>();

export function devicesOf(topology: Topology): Devices {
  const known = devices.get(topology);
  if (known !== undefined) return known;
  const nodes = walk(topology).map(({ node }) => node);
  const duts = nodes.flatMap((node) => (node.kind === 'nvme' && node.role === 'dut' ? [node] : []));
  devices.set(topology, { nodes, duts });
  return { nodes, duts };
}

/** The device under test of a cell's topology. */
export function dutOf(topology: Topology): Nvme {
  const [dut] = devicesOf(topology).duts;
  if (dut === undefined) throw new TypeError(`topology '${topology.id}' has no dut`);
  return dut;
}
