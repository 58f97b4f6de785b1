import { z } from 'zod';
import { p2pRouteBy, peerDriver } from '../../fabric/index.js';
import { Id } from '../../model/index.js';
import { defineKind, never, none } from '../kind.js';
import { OF_DRIVER } from '../shared/backends.js';
import { works } from '../shared/decision.js';

/** Disk -> BAR of the peer -> disk; the CPU does not touch the data. */
export const P2pCopy = z.strictObject({
  id: Id,
  kind: z.literal('p2p-copy'),
  peer: Id,
  sizeKiB: z
    .int()
    .min(4)
    .max(1 << 20),
});
export type P2pCopy = z.infer<typeof P2pCopy>;

export const p2pCopy = defineKind({
  name: 'p2p-copy',
  describe: "disk to a peer's BAR to disk, without the CPU touching a byte",
  schema: P2pCopy,
  clock: 'wall',
  kernel: 'any',
  modules: [],
  faultyModules: never,
  backends: () => OF_DRIVER,
  diskKiB: ({ sizeKiB }) => 4 * sizeKiB,
  decide({ peer: id }, { machine, topology, nodes, dut, backend }) {
    const peer = nodes.find((node) => node.id === id);
    if (peer === undefined || peerDriver(peer) === undefined)
      return { prune: `the topology has no peer memory called '${id}'` };
    const route = p2pRouteBy(backend, machine, topology, dut.id, peer.id);
    switch (route.kind) {
      case 'works':
        return works(route.how);
      case 'refused':
        return { run: { kind: 'refused', errno: route.errno } };
      case 'not-modelled':
        return { run: { kind: 'not-modelled', why: route.why } };
    }
  },
  peer: ({ peer }) => peer,
  ranges: none,
  watched: () => true,
  oneWay: true,
  ownDomain: false,
  powersOff: never,
  benchmark: false,
  figures: {},
  run: () => import('./run.js'),
});
