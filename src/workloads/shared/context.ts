import type { Lab } from '../../guest/index.js';
import type { IoPage } from '../../iommus/index.js';
import type { Backend, Expectation, Machine, Plant, Topology } from '../../model/index.js';
import type { Peer } from './peer.js';

/** A cell, but for its workload. */
interface WhereItRuns {
  id: string;
  machine: Machine;
  topology: Topology;
  backend: Backend;
  plant?: Plant;
  expect: Expectation;
  seed: number;
}

/** What a workload works with: a guest whose modules are loaded and whose dut no driver owns. */
export interface WorkloadContext<W = unknown> {
  cell: WhereItRuns;
  workload: W;
  lab: Lab;
  /** PCI address of the device under test. */
  dut: string;
  /** Host file behind the dut's namespace. */
  dutFile: string;
  /** Where the dut is plugged in. */
  slot: { unplug(): Promise<void>; plug(): Promise<void> };
  peers: ReadonlyMap<string, Peer>;
  /** Host file behind the machine's NVDIMM. */
  nvdimm?: string | undefined;
  /** Folder on the host for what is kept of the cell, whatever its verdict; who writes into it makes it. */
  folder: string;
  /** Was the guest switched off and on since the cell began? */
  again?: boolean;
  /** PCI address of a node of the topology. */
  bdf(node: string): string;
  /** By which pages the IOMMU's tables have a device reach these addresses; `undefined` where they cannot be read. */
  ioPages(bdf: string, iova: number, bytes: number): Promise<IoPage[] | undefined>;
}
