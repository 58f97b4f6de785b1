import { expect, it } from 'vitest';
import { Machine } from '../../../src/model/index.js';
import { otherMachine } from '../../../src/run/lab.js';

const machine = (changes: object) =>
  Machine.parse({
    id: 'm',
    arch: 'x86_64',
    hostBridgeP2p: false,
    vcpus: 2,
    memoryMiB: 512,
    clock: 'wall',
    iommu: { kind: 'intel', domain: 'strict' },
    ...changes,
  });
const bound = { domain: 'DMA', iommu: 'dmar0', dma_bits: 64 };

it.each([
  [{}, bound],
  [{ iommu: { kind: 'none' } }, { ...bound, domain: 'none', iommu: '' }],
  [{ iommu: { kind: 'virtio', domain: 'lazy' } }, { ...bound, domain: 'DMA-FQ', iommu: '0000:00:1e.0' }],
  [{ iommu: { kind: 'amd', domain: 'passthrough' } }, { ...bound, domain: 'identity', iommu: 'ivhd0' }],
  [{ iommu: { kind: 'intel', domain: 'lazy', runtime: 'identity' } }, { ...bound, domain: 'identity' }],
  [{ dmaBits: 32 }, { ...bound, dma_bits: 32 }],
])('%j is the machine of %j', (changes, seen) => {
  expect(otherMachine(machine(changes), 'phyr_nvme', seen)).toBeUndefined();
});

it.each([
  ['no IOMMU after all', { iommu: { kind: 'amd', domain: 'strict' } }, { ...bound, domain: 'none', iommu: '' }],
  ['lazy, not strict', {}, { ...bound, domain: 'DMA-FQ' }],
  ['another IOMMU', { iommu: { kind: 'virtio', domain: 'strict' } }, bound],
  ['an IOMMU where none is declared', { iommu: { kind: 'none' } }, bound],
  [
    'still translated',
    { iommu: { kind: 'intel', domain: 'lazy', runtime: 'identity' } },
    { ...bound, domain: 'DMA-FQ' },
  ],
  ['a mask too wide', { dmaBits: 32 }, bound],
  ['a mask too narrow', {}, { ...bound, dma_bits: 32 }],
])('a guest is not judged as what it is not: %s', (_what, changes, seen) => {
  expect(otherMachine(machine(changes), 'phyr_nvme', seen)).toMatch(/the machine declares/);
});

it('the mask is that of our driver alone', () => {
  expect(otherMachine(machine({ dmaBits: 32 }), 'nvme', bound)).toBeUndefined();
});
