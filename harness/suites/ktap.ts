import type { Machine, Topology } from '../../src/model/index.js';
import type { Block, Suite } from '../../src/workloads/index.js';
import type { Ktap } from '../../src/workloads/ktap/declaration.js';
import { noIommu } from '../machines.js';

/** A whole section of 128 MiB, so that it has no struct pages. */
const reserved = { at: 0x60000000, mib: 128 };

/** More than 4 GiB, so that a 32-bit mask is too small and bounce buffers exist under an IOMMU, too. Little of it is touched. */
const machine = (id: string, more: Partial<Machine>): Machine => ({
  ...noIommu,
  id,
  hostBridgeP2p: true,
  memoryMiB: 6144,
  reserved,
  ...more,
});

// Not part of the matrix: only these tests need such machines.
export const ktapMachines: Machine[] = [
  machine('ktap-physical', {}),
  machine('ktap-bounced', { bounce: 'force' }),
  machine('ktap-strict', { iommu: { kind: 'intel', domain: 'strict' } }),
  machine('ktap-lazy', { iommu: { kind: 'intel', domain: 'lazy' } }),
  /** The one whose host bridge does not forward peer-to-peer traffic. */
  machine('ktap-pt', { iommu: { kind: 'intel', domain: 'passthrough' }, hostBridgeP2p: false }),
];

/** Our device below a switch without ACS, with a peer and a BAR for leases; another peer behind another root port. */
export const ktapTopology: Topology = {
  id: 'ktap',
  root: [
    {
      kind: 'root-port',
      id: 'rp0',
      below: [
        {
          kind: 'switch',
          id: 'sw',
          acs: false,
          below: [
            { kind: 'ivshmem', id: 'near', sizeMiB: 4 },
            { kind: 'nvme', id: 'dut', role: 'dut', sizeMiB: 16, blockSize: 512 },
            { kind: 'ivshmem', id: 'lent', sizeMiB: 4 },
          ],
        },
      ],
    },
    { kind: 'root-port', id: 'rp1', below: [{ kind: 'ivshmem', id: 'far', sizeMiB: 4 }] },
  ],
};

const cases = (id: string, which: Ktap['cases']): Ktap => ({
  id,
  kind: 'ktap',
  cases: which,
  peers: ['near', 'far'],
  lent: 'lent',
});

const block: Block = {
  machines: ktapMachines,
  topologies: [ktapTopology],
  workloads: [cases('hazards', 'all'), cases('failures', 'failures')],
  backends: ['phyr8'],
};

export const ktap: Suite = {
  id: 'ktap',
  describe: "the phyr library's own tests: the 23 hazards, and the failure of every allocation, link and pin in turn",
  blocks: [block],
};
