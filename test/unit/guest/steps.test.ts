import { expect, it } from 'vitest';
import type { Session } from '../../../src/guest/index.js';
import { CouldNotLook, Lab, otherMachine, StepFailed } from '../../../src/guest/lab.js';
import { Machine } from '../../../src/model/index.js';
import { withCleanup } from '../../../src/workloads/shared/cleanup.js';

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

it('tells a guest that cannot look from a step that failed', async () => {
  const lab = (code: number) => {
    const session = { exec: async () => ({ code, stdout: '', stderr: 'lab: this kernel has no VFIO\n' }) };
    return new Lab(session as unknown as Session, machine({}), new AbortController().signal, () => {});
  };
  await expect(lab(4).run('lab vfio load 0')).rejects.toThrow(
    new CouldNotLook('this guest cannot be judged: lab: this kernel has no VFIO'),
  );
  await expect(lab(1).run('lab vfio load 0')).rejects.toBeInstanceOf(StepFailed);
});

it('tells of what failed first, and undoes nevertheless', async () => {
  const done: string[] = [];
  const undo = async () => {
    done.push('undone');
    throw new Error('nothing to unbind');
  };
  const work = async () => {
    throw new Error('the driver refuses');
  };
  await expect(withCleanup(work, undo)).rejects.toThrow('the driver refuses');
  await expect(withCleanup(async () => 1, undo)).rejects.toThrow('nothing to unbind');
  expect(done).toEqual(['undone', 'undone']);
  expect(
    await withCleanup(
      async () => 2,
      async () => {},
    ),
  ).toBe(2);
});

it('of an answer that is not there, says what the tool said instead', async () => {
  const session = { exec: async () => ({ code: 1, stdout: '', stderr: 'line 1\nstamp: out of memory\n' }) };
  const lab = new Lab(session as unknown as Session, machine({}), new AbortController().signal, () => {});
  await expect(lab.ask(Machine, 'stamp write /dev/x', { accept: [1] })).rejects.toThrow(
    'stamp write /dev/x: no answer; it said: stamp: out of memory',
  );
});
