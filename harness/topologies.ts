import type { PciNode, Topology } from '../src/model/index.js';

const dut: PciNode = { kind: 'nvme', id: 'dut', role: 'dut', sizeMiB: 64, blockSize: 512 };
const reference: PciNode = { kind: 'nvme', id: 'ref', role: 'reference', sizeMiB: 64, blockSize: 512 };

/**
 * The device under test and one peer below a switch without ACS (peer-to-peer by bus address), the other peer and the
 * reference disk behind root ports of their own (peer-to-peer only through the host bridge).
 */
export const switched: Topology = {
  id: 'switch',
  root: [
    {
      kind: 'root-port',
      id: 'rp0',
      below: [{ kind: 'switch', id: 'sw', acs: false, below: [dut, { kind: 'ivshmem', id: 'near', sizeMiB: 16 }] }],
    },
    { kind: 'root-port', id: 'rp1', below: [reference] },
    { kind: 'root-port', id: 'rp2', below: [{ kind: 'ivshmem', id: 'far', sizeMiB: 16 }] },
  ],
};
