import { describe, expect, it } from 'vitest';
import { copyCmb } from '../../../src/qemu/cmb.js';
import type { Qmp } from '../../../src/qemu/qmp.js';

const device = (id: string, regions: object[], devices: object[] = []) => ({
  ...{ qdev_id: id, bus: 0, slot: 0, function: 0 },
  regions,
  ...(devices.length > 0 && { pci_bridge: { devices } }),
});
const cmb = { bar: 2, type: 'memory', address: 0x380000000000, size: 16 << 20 };

/** A monitor with these devices on its bus; what it was told to do goes into `told`. */
function monitor(devices: object[], told: unknown[] = []): Qmp {
  return {
    execute: async (command: string, schema: { parse(value: unknown): unknown }, args?: unknown) => {
      if (command === 'query-pci') return schema.parse([{ bus: 0, devices }]);
      told.push([command, args]);
      return {};
    },
  } as unknown as Qmp;
}

describe('a controller memory buffer', () => {
  it('is copied from where the bus has it, behind any bridges', async () => {
    const told: unknown[] = [];
    const port = device(
      'pci-rp',
      [],
      [device('pci-sw', [], [device('pci-near', [{ ...cmb, bar: 0, address: 4096 }, cmb])])],
    );
    await copyCmb(monitor([port], told), 'near', '/proc/self/fd/9');
    expect(told).toEqual([['pmemsave', { val: cmb.address, size: cmb.size, filename: '/proc/self/fd/9' }]]);
  });

  it('that has no address cannot be looked at', async () => {
    await expect(copyCmb(monitor([device('pci-near', [])]), 'near', 'f')).rejects.toThrow(/of 'near'/);
    await expect(copyCmb(monitor([device('pci-near', [{ ...cmb, address: -1 }])]), 'near', 'f')).rejects.toThrow(
      /near/,
    );
  });
});
