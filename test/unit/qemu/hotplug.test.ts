import { describe, expect, it } from 'vitest';
import { deviceOption } from '../../../src/qemu/hotplug.js';

describe('a device that comes back', () => {
  const argv = ['-device', 'pcie-root-port,id=pci-rp', '-device', 'nvme,id=pci-d,bus=pci-rp', '-drive', 'id=pci-x'];

  it('is what the guest was started with', () => {
    expect(deviceOption('d', argv)).toBe('nvme,id=pci-d,bus=pci-rp');
    expect(deviceOption('rp', argv)).toBe('pcie-root-port,id=pci-rp');
  });

  it('must have been there', () => {
    expect(() => deviceOption('x', argv)).toThrow(/no device 'x'/);
  });
});
