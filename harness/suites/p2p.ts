import type { Machine, Topology } from '../../src/model/index.js';
import type { Block, Suite } from '../../src/workloads/index.js';
import { noIommu, vtdPassthrough, vtdRuntimeIdentity, vtdStrict } from '../machines.js';
import { acsDirect, acsRedirected, fabric, peers, rootBus, twoFunctions } from '../topologies.js';
import { p2pTo } from '../workloads.js';

/** With a host bridge that the kernel trusts to forward peer-to-peer traffic. */
const trusted = (machine: Machine): Machine => ({ ...machine, id: `${machine.id}-p2p`, hostBridgeP2p: true });

const modes = [noIommu, vtdPassthrough, vtdRuntimeIdentity, vtdStrict];

function block(topology: Topology, to: string[], more: Partial<Block> = {}): Block {
  return {
    machines: [...modes, ...modes.map(trusted)],
    topologies: [topology],
    workloads: to.map(p2pTo),
    backends: ['phyr8'],
    ...more,
  };
}

export const p2p: Suite = {
  id: 'p2p',
  describe:
    'peer-to-peer DMA between all possible places of two devices, on machines that allow it and machines that must refuse',
  blocks: [
    block(fabric, ['near', 'sibling', 'far', 'flat', 'beyond']),
    block(acsRedirected, ['near', 'far']),
    block(acsDirect, ['near']),
    block(rootBus, ['sibling', 'flat']),
    block(twoFunctions, ['sibling']),
    block(peers, ['near', 'near-cmb', 'near-pmr', 'far', 'far-cmb', 'far-pmr'], {
      machines: [noIommu, vtdStrict].map(trusted),
      backends: ['sg', 'iter', 'iova', 'phyr16', 'phyr8'],
    }),
  ],
};
