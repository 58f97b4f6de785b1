import { describe, expect, it } from 'vitest';
import { InfraError } from '../../../src/model/index.js';
import { deviceOption, NotReleased, unplug } from '../../../src/qemu/hotplug.js';
import { ManualHost, settled } from '../host/manual-clock.js';
import { GREETING, monitor } from './monitor.js';

describe('a device that comes back', () => {
  const argv = ['-device', 'pcie-root-port,id=pci-rp', '-device', 'nvme,id=pci-d,bus=pci-rp', '-drive', 'id=pci-x'];

  it('is what the guest was started with', () => {
    expect(deviceOption('d', argv)).toBe('nvme,id=pci-d,bus=pci-rp');
    expect(deviceOption('rp', argv)).toBe('pcie-root-port,id=pci-rp');
  });

  it('must have been there', () => {
    expect(() => deviceOption('x', argv)).toThrow(/without a device 'x'/);
  });
});

describe('a device that the guest does not let go', () => {
  const pressed = async (excuse?: string) => {
    const host = new ManualHost();
    const { qmp, send } = monitor(() => ({ return: {} }), host.pace({ excuse: async () => excuse }));
    send(GREETING);
    await qmp.greeted;
    const outcome = unplug(qmp, 'd').catch((error: unknown) => error);
    await settled();
    return { host, send, outcome };
  };

  it('is its failure when its time is up', async () => {
    const { host, outcome } = await pressed();
    await host.pass(20_000);
    expect(await outcome).toEqual(new NotReleased("the guest did not release 'd' within 20 s"));
  });

  it('is nobody’s when QEMU stands still', async () => {
    const { host, outcome } = await pressed('QEMU did not answer');
    await host.pass(20_000);
    const error = await outcome;
    expect(error).toBeInstanceOf(InfraError);
    expect(error).not.toBeInstanceOf(NotReleased);
  });

  it('is gone when it went while we were stopped', async () => {
    const { host, send, outcome } = await pressed();
    await host.stopUs(60_000);
    send({ event: 'DEVICE_DELETED', data: { device: 'pci-d' } });
    expect(await outcome).toBeUndefined();
  });
});
