import type { Endpoint, PciNode, Topology } from '../src/model/index.js';

const dut: Endpoint = { kind: 'nvme', id: 'dut', role: 'dut', sizeMiB: 64, blockSize: 512 };
const reference: Endpoint = { kind: 'nvme', id: 'ref', role: 'reference', sizeMiB: 64, blockSize: 512 };

/** Memory for the other end of a peer-to-peer transfer. */
const bar = (id: string): Endpoint => ({ kind: 'ivshmem', id, sizeMiB: 16 });
const port = (id: string, ...below: PciNode[]): PciNode => ({ kind: 'root-port', id, below });

/**
 * The device under test and one peer are below a switch without ACS (peer-to-peer by bus address). The other peer and the reference disk are
 * behind their own root ports (peer-to-peer only through the host bridge).
 */
export const switched: Topology = {
  id: 'switch',
  root: [
    port('rp0', { kind: 'switch', id: 'sw', acs: false, below: [dut, bar('near')] }),
    port('rp1', reference),
    port('rp2', bar('far')),
  ],
};

/** A peer at each place of a simple fabric, so that one guest can test the routes to all of them. */
export const fabric: Topology = {
  id: 'fabric',
  root: [
    port('rp0', {
      kind: 'switch',
      id: 'sw',
      acs: false,
      below: [{ kind: 'multifunction', id: 'card', functions: [dut, bar('sibling')] }, bar('near')],
    }),
    port('rp1', bar('far')),
    bar('flat'),
    { kind: 'host-bridge', id: 'hb1', below: [port('rp2', bar('beyond'))] },
  ],
};

function acsSwitch(id: string, acsRedirect: boolean): Topology {
  return {
    id,
    acsRedirect,
    root: [port('rp0', { kind: 'switch', id: 'sw', acs: true, below: [dut, bar('near')] }), port('rp1', bar('far'))],
  };
}

/** A switch whose ports redirect peer-to-peer traffic upwards once the kernel has an IOMMU, and one whose ports do not. */
export const acsRedirected = acsSwitch('acs', true);
export const acsDirect = acsSwitch('acs-direct', false);

/** Without any bridge. */
export const rootBus: Topology = {
  id: 'root-bus',
  root: [{ kind: 'multifunction', id: 'card', functions: [dut, bar('sibling')] }, bar('flat'), reference],
};

/** A card with a disk and memory behind a root port, which is the only bridge above both. */
export const twoFunctions: Topology = {
  id: 'two-functions',
  root: [port('rp0', { kind: 'multifunction', id: 'card', functions: [dut, bar('sibling')] }), port('rp1', reference)],
};

/** Every kind of memory that a peer can offer: memory in a BAR, a controller memory buffer, a persistent memory region. */
export const peers: Topology = {
  id: 'peers',
  root: [
    port('rp0', {
      kind: 'switch',
      id: 'sw',
      acs: false,
      below: [
        dut,
        bar('near'),
        { ...reference, id: 'near-cmb', cmbMiB: 16 },
        { ...reference, id: 'near-pmr', pmrMiB: 16 },
      ],
    }),
    port('rp1', bar('far')),
    port('rp2', { ...reference, id: 'far-cmb', cmbMiB: 16 }),
    port('rp3', { ...reference, id: 'far-pmr', pmrMiB: 16 }),
  ],
};
