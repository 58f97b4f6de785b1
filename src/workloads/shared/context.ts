import type { Lab } from '../../guest/index.js';
import type { IoPage } from '../../iommus/index.js';
import type { Backend, Expectation, Machine, Plant, Topology } from '../../model/index.js';
import type { Peer } from './peer.js';

/** A cell without its workload. */
interface WhereItRuns {
  id: string;
  machine: Machine;
  topology: Topology;
  backend: Backend;
  plant?: Plant;
  expect: Expectation;
  seed: number;
}

/** What a workload gets: a guest whose modules are loaded, and a device under test that no driver is bound to. */
export interface WorkloadContext<W = unknown> {
  cell: WhereItRuns;
  workload: W;
  lab: Lab;
  /** PCI address of the device under test. */
  dut: string;
  /** Host file behind the dut's namespace. */
  dutFile: string;
  /** Hot-unplugs and plugs the device under test. */
  slot: { unplug(): Promise<void>; plug(): Promise<void> };
  peers: ReadonlyMap<string, Peer>;
  /** Host file behind the machine's NVDIMM. */
  nvdimm?: string | undefined;
  /** The host's folder for files of the cell, whatever its verdict. Create it before writing to it. */
  folder: string;
  /** Is this the second run, after the guest was powered off and booted again? */
  again?: boolean;
  /** PCI address of a node of the topology. */
  bdf(node: string): string;
  /** The IOMMU pages by which a device reaches these addresses; `undefined` if the page tables cannot be read. */
  ioPages(bdf: string, iova: number, bytes: number): Promise<IoPage[] | undefined>;
}
