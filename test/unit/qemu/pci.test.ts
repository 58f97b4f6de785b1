import { describe, expect, it } from 'vitest';
import { type Endpoint, type PciNode, Topology, UsageError } from '../../../src/model/index.js';
import { pciDevices, pciPlan } from '../../../src/qemu/index.js';

const nvme = (id: string): Endpoint => ({ kind: 'nvme', id, role: 'dut', sizeMiB: 1, blockSize: 512 });
const port = (id: string, ...below: PciNode[]): PciNode => ({ kind: 'root-port', id, below });
const fabric = (id: string, ...below: PciNode[]): PciNode => ({ kind: 'switch', id, acs: false, below });
const card = (id: string, ...functions: Endpoint[]): PciNode => ({ kind: 'multifunction', id, functions });
const bridge = (id: string, ...below: PciNode[]): PciNode => ({ kind: 'host-bridge', id, below });
const tree = (...root: PciNode[]): Topology => ({ id: 'tree', root });

describe('pciPlan', () => {
  it('numbers buses depth first in order of slots', () => {
    const plan = pciPlan(
      tree(
        nvme('on-root'),
        port('rp1', nvme('a')),
        port('rp2', fabric('sw', nvme('b'), fabric('inner', nvme('c')), nvme('d'))),
        port('empty'),
        port('rp3', nvme('e')),
      ),
    );
    expect(Object.fromEntries(plan)).toEqual({
      'on-root': '0000:00:03.0',
      rp1: '0000:00:04.0',
      a: '0000:01:00.0',
      rp2: '0000:00:05.0',
      sw: '0000:02:00.0',
      b: '0000:04:00.0',
      inner: '0000:05:00.0',
      c: '0000:07:00.0',
      d: '0000:08:00.0',
      empty: '0000:00:06.0',
      rp3: '0000:00:07.0',
      e: '0000:0a:00.0',
    });
  });

  it('numbers a further host bridge after all that is below the first', () => {
    const plan = pciPlan(
      tree(
        bridge('hb1', port('rp1', nvme('a')), port('rp2', fabric('sw', nvme('b')))),
        port('rp0', card('card', nvme('c'), nvme('d'))),
        bridge('hb2', port('rp3', nvme('e'))),
        card('flat', nvme('f'), nvme('g'), nvme('h')),
      ),
    );
    expect(Object.fromEntries(plan)).toEqual({
      rp0: '0000:00:04.0',
      card: '0000:01:00.0',
      c: '0000:01:00.0',
      d: '0000:01:00.1',
      flat: '0000:00:06.0',
      f: '0000:00:06.0',
      g: '0000:00:06.1',
      h: '0000:00:06.2',
      hb1: '0000:00:03.0',
      rp1: '0000:02:00.0',
      a: '0000:03:00.0',
      rp2: '0000:02:01.0',
      sw: '0000:04:00.0',
      b: '0000:06:00.0',
      hb2: '0000:00:05.0',
      rp3: '0000:07:00.0',
      e: '0000:08:00.0',
    });
  });

  it('puts a device on a bus that is there already, each in a place of its own', () => {
    const devices = pciDevices(tree(port('rp', fabric('sw', ...Array.from({ length: 32 }, (_, i) => nvme(`n${i}`))))));
    const places = new Set<string>();
    const buses = new Set(['pcie.0']);
    for (const { id, bus, slot } of devices) {
      expect(buses).toContain(bus);
      expect(places).not.toContain(`${bus} ${slot}`);
      places.add(`${bus} ${slot}`);
      buses.add(id);
    }
    expect(new Set(devices.map(({ bdf }) => bdf)).size).toBe(devices.length);
  });

  it.each([
    [tree(fabric('sw', nvme('a'))), "topology 'tree': switch 'sw' is on the root bus"],
    [tree(port('rp', port('rp2', nvme('a')))), "topology 'tree': root-port 'rp2' is below 'rp'"],
    [tree(bridge('hb', nvme('a'))), "'a' is on the root bus of 'hb'"],
    [tree(port('rp', bridge('hb', port('rp2')))), "host-bridge 'hb' is below 'rp'"],
    [tree(nvme('n23456789012345678901')), 'too long for an NVMe serial number'],
    [tree(...Array.from({ length: 29 }, (_, i) => port(`rp${i}`))), '29 devices on the root bus'],
  ])('refuses what PCI Express does not allow (%#)', (topology, message) => {
    expect(() => pciPlan(Topology.parse(topology))).toThrow(UsageError);
    expect(() => pciPlan(Topology.parse(topology))).toThrow(message);
  });
});
