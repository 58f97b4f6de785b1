/** The tables of what peer-to-peer DMA must do, each line measured in a guest. */
import { describe, expect, it } from 'vitest';
import * as machines from '../../../harness/machines.js';
import {
  acsDirect,
  acsRedirected,
  fabric,
  peers,
  rootBus,
  switched,
  twoFunctions,
} from '../../../harness/topologies.js';
import { p2pRelation, p2pRoute, p2pRouteBy } from '../../../src/fabric/index.js';
import type { Iommu, Topology } from '../../../src/model/index.js';

const none: Iommu = { kind: 'none' };
const passthrough: Iommu = { kind: 'intel', domain: 'passthrough' };
const strict: Iommu = { kind: 'intel', domain: 'strict' };
const lazy: Iommu = { kind: 'intel', domain: 'lazy' };
const virtio: Iommu = { kind: 'virtio', domain: 'strict' };
const identity: Iommu = { kind: 'intel', domain: 'strict', runtime: 'identity' };

/** `a`: by bus address, `h`: through the host bridge, `i`: by IOVA, `-`: refused, `?`: not modelled. */
function route(topology: Topology, peer: string, hostBridgeP2p: boolean, iommu: Iommu): string {
  const found = p2pRoute({ ...machines.noIommu, hostBridgeP2p, iommu }, topology, 'dut', peer);
  if (found.kind === 'refused') {
    expect(found.errno).toBe('EINVAL');
    return '-';
  }
  if (found.kind === 'not-modelled') return '?';
  return { 'bus-address': 'a', 'host-bridge': 'h', iova: 'i', direct: 'direct', bounce: 'bounce' }[found.how];
}

describe('p2pRoute', () => {
  it.each([
    // topology, peer, where they stand; then no IOMMU, passthrough, strict, lazy, virtio, identity at run time: on a CPU whose host
    // bridge is not trusted, and on one whose is
    [switched, 'near', 'switch without ACS', 'aa???a', 'aa???a'],
    [fabric, 'near', 'switch without ACS', 'aa???a', 'aa???a'],
    [fabric, 'sibling', 'functions of a device below a switch without ACS', 'aa???a', 'aa???a'],
    [acsRedirected, 'near', 'ACS switch, redirect on', 'a-----', 'ahiiih'],
    [acsDirect, 'near', 'ACS switch, redirect off', 'aa???a', 'aa???a'],
    [twoFunctions, 'sibling', 'functions of a device below a port with ACS, redirect on', 'a-----', 'ahiiih'],
    [switched, 'far', 'two root ports', '------', 'hhiiih'],
    [acsRedirected, 'far', 'two root ports', '------', 'hhiiih'],
    [peers, 'far-cmb', 'two root ports', '------', 'hhiiih'],
    [fabric, 'beyond', 'two host bridges', '------', 'hhiiih'],
    [fabric, 'flat', 'a root port and the root bus', '------', 'hhiiih'],
    [rootBus, 'flat', 'both on the root bus', '------', 'hhiiih'],
    [rootBus, 'sibling', 'functions of a device on the root bus', '------', 'hhiiih'],
  ] as const)('%o to %s: %s', (topology, peer, relation, untrusted, trusted) => {
    const modes = [none, passthrough, strict, lazy, virtio, identity];
    expect(p2pRelation(topology, 'dut', peer)).toBe(relation);
    expect(modes.map((iommu) => route(topology, peer, false, iommu)).join('')).toBe(untrusted);
    expect(modes.map((iommu) => route(topology, peer, true, iommu)).join('')).toBe(trusted);
  });

  it('counts the port that both have in common, and no port above it', () => {
    // The root port above the switch has ACS and redirects: nothing that turns round in the switch passes it.
    expect(route(switched, 'near', false, passthrough)).toBe('a');
    // The port above both functions is the one where their traffic turns round.
    expect(route(twoFunctions, 'sibling', false, passthrough)).toBe('-');
  });

  it('knows ports that redirect only one end of the way', () => {
    const mixed: Topology = {
      id: 'mixed',
      root: [
        {
          kind: 'root-port',
          id: 'rp',
          below: [
            {
              kind: 'switch',
              id: 'outer',
              acs: false,
              below: [
                { kind: 'nvme', id: 'dut', role: 'dut', sizeMiB: 64, blockSize: 512 },
                { kind: 'switch', id: 'inner', acs: true, below: [{ kind: 'ivshmem', id: 'deep', sizeMiB: 16 }] },
              ],
            },
          ],
        },
      ],
    };
    expect(route(mixed, 'deep', false, none)).toBe('a');
    expect(route(mixed, 'deep', false, passthrough)).toBe('-');
    const { why } = p2pRoute({ ...machines.noIommu, iommu: passthrough }, mixed, 'dut', 'deep');
    expect(why).toMatch(/^port 0 of switch inner redirects .*does not trust/);
  });

  it('bounces nothing of a peer: forced bouncing leaves bus addresses alone and cannot do the rest', () => {
    const forced = { ...machines.noIommu, hostBridgeP2p: true, bounce: 'force' } as const;
    expect(p2pRoute(forced, switched, 'dut', 'near')).toMatchObject({ kind: 'works', how: 'bus-address' });
    expect(p2pRoute(forced, switched, 'dut', 'far').kind).toBe('not-modelled');
  });
});

describe('p2pRouteBy', () => {
  const narrow = { ...machines.narrowNoIommu, hostBridgeP2p: true };

  it('has phyr.ko refuse a bus address beyond the mask, which the kernel gives out', () => {
    for (const backend of ['phyr8', 'phyr16'] as const)
      expect(p2pRouteBy(backend, narrow, switched, 'dut', 'near')).toMatchObject({ kind: 'refused', errno: 'EIO' });
    for (const backend of ['sg', 'iter', 'iova'] as const)
      expect(p2pRouteBy(backend, narrow, switched, 'dut', 'near')).toMatchObject({ kind: 'works', how: 'bus-address' });
    expect(p2pRouteBy('phyr8', machines.noIommu, switched, 'dut', 'near')).toMatchObject({ kind: 'works' });
  });

  it('has phyr.ko refuse what is beyond the mask behind the host bridge, but not behind an IOMMU', () => {
    for (const backend of ['phyr8', 'phyr16'] as const) {
      expect(p2pRouteBy(backend, narrow, switched, 'dut', 'far')).toMatchObject({ kind: 'refused', errno: 'EIO' });
      expect(p2pRouteBy(backend, { ...narrow, iommu: strict }, switched, 'dut', 'far')).toMatchObject({ how: 'iova' });
    }
    for (const backend of ['sg', 'iter', 'iova'] as const)
      expect(p2pRouteBy(backend, narrow, switched, 'dut', 'far').kind).toBe('not-modelled');
    expect(p2pRoute(narrow, switched, 'dut', 'far').kind).toBe('not-modelled');
    // What the kernel does not trust, nobody gets as far as to ask for an address of.
    const distrusted = { ...narrow, hostBridgeP2p: false };
    expect(p2pRouteBy('phyr8', distrusted, switched, 'dut', 'far')).toMatchObject({ errno: 'EINVAL' });
  });
});
