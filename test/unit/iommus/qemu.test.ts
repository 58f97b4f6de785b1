import { describe, expect, it } from 'vitest';
import { iommuArgs, modelOf } from '../../../src/iommus/index.js';
import { Iommu, Machine, Topology } from '../../../src/model/index.js';
import { kernelArgs, qemuLacks } from '../../../src/qemu/index.js';

const parts = (iommu: object) => {
  const declared = Iommu.parse(iommu);
  const { qemu } = modelOf(declared);
  return {
    machine: qemu.machine,
    devices: qemu
      .devices(declared, { bus: 'pcie.0', addr: '0x1e' })
      .map(([driver, properties]) => [driver, ...Object.entries(properties).map((p) => p.join('='))].join(',')),
    kernel: iommuArgs(declared).join(' '),
  };
};

describe('an IOMMU', () => {
  it('is what it is called', () => {
    const kinds = [
      { kind: 'intel', domain: 'strict', cachingMode: true },
      { kind: 'intel', domain: 'lazy', scalable: 'second-stage' },
      { kind: 'intel', domain: 'passthrough', scalable: 'first-stage' },
      { kind: 'intel', domain: 'lazy', runtime: 'identity' },
      { kind: 'virtio', domain: 'lazy' },
      { kind: 'amd', domain: 'strict' },
      { kind: 'smmuv3', domain: 'strict' },
    ];
    expect(kinds.map(parts)).toMatchInlineSnapshot(`
      [
        {
          "devices": [
            "intel-iommu,intremap=on,caching-mode=on",
          ],
          "kernel": "intel_iommu=on iommu.passthrough=0 iommu.strict=1",
          "machine": {
            "kernel-irqchip": "split",
          },
        },
        {
          "devices": [
            "intel-iommu,intremap=on,scalable-mode=on",
          ],
          "kernel": "intel_iommu=on,sm_on iommu.passthrough=0 iommu.strict=0",
          "machine": {
            "kernel-irqchip": "split",
          },
        },
        {
          "devices": [
            "intel-iommu,intremap=on,scalable-mode=on,fsts=on",
          ],
          "kernel": "intel_iommu=on,sm_on iommu.passthrough=1",
          "machine": {
            "kernel-irqchip": "split",
          },
        },
        {
          "devices": [
            "intel-iommu,intremap=on",
          ],
          "kernel": "intel_iommu=on iommu.passthrough=0 iommu.strict=0",
          "machine": {
            "kernel-irqchip": "split",
          },
        },
        {
          "devices": [
            "virtio-iommu-pci,id=iommu,bus=pcie.0,addr=0x1e",
          ],
          "kernel": "iommu.passthrough=0 iommu.strict=0",
          "machine": {},
        },
        {
          "devices": [
            "AMDVI-PCI,id=amdvi,bus=pcie.0,addr=0x1e",
            "amd-iommu,pci-id=amdvi,dma-remap=on,intremap=on",
          ],
          "kernel": "iommu.passthrough=0 iommu.strict=1",
          "machine": {
            "kernel-irqchip": "split",
          },
        },
        {
          "devices": [],
          "kernel": "iommu.passthrough=0 iommu.strict=1",
          "machine": {
            "iommu": "smmuv3",
          },
        },
      ]
    `);
  });

  it('has events by which its faults are seen', () => {
    const events = (kind: string) => modelOf(Iommu.parse({ kind, domain: 'strict' })).trace.faults;
    expect(events('intel')).toContain('vtd_dmar_fault');
    expect(events('virtio')).toContain('virtio_iommu_report_fault');
    expect(events('amd')).toContain('amdvi_page_fault');
    expect(events('smmuv3')).toContain('smmuv3_propagate_event');
  });

  it('that a QEMU cannot emulate is named, and only that', () => {
    const first = Iommu.parse({ kind: 'intel', domain: 'strict', scalable: 'first-stage' });
    expect(qemuLacks(first, '7.2.15')).toBe('scalable mode, first-stage needs QEMU 11.1 or newer; this one is 7.2.15');
    expect(qemuLacks(first, '11.0.2')).toMatch(/needs QEMU/);
    expect(qemuLacks(first, '11.1.3')).toBeUndefined();
    expect(qemuLacks(first, '12.0.0')).toBeUndefined();
    expect(qemuLacks(Iommu.parse({ kind: 'amd', domain: 'strict' }), '10.0.2')).toMatch(/AMD-Vi/);
    expect(qemuLacks(Iommu.parse({ kind: 'intel', domain: 'strict', cachingMode: true }), '7.2.15')).toBeUndefined();
  });
});

it('the kernel is told to bounce, and by which console it speaks', () => {
  const machine = { id: 'm', hostBridgeP2p: false, vcpus: 1, memoryMiB: 512, clock: 'wall', iommu: { kind: 'none' } };
  const disk = { kind: 'nvme', id: 'dut', role: 'dut', sizeMiB: 16 };
  const topology = Topology.parse({ id: 't', root: [disk] });
  const words = (changes: object) => kernelArgs(Machine.parse({ ...machine, ...changes }), topology, 'tcg');
  expect(words({ arch: 'x86_64', bounce: 'force' })).toContain('swiotlb=force');
  expect(words({ arch: 'x86_64' })).not.toContain('swiotlb=force');
  expect(words({ arch: 'x86_64' })).toContain('console=ttyS0');
  expect(words({ arch: 'aarch64' })).toContain('console=ttyAMA0');
  expect(words({ arch: 'aarch64' }).join(' ')).not.toMatch(/tsc|timer_check/);
});
