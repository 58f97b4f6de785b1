import { describe, expect, it } from 'vitest';
import { domainInForce, Iommu, Machine, translates } from '../../../src/model/index.js';

const base = { id: 'm', arch: 'x86_64', hostBridgeP2p: false, vcpus: 2, memoryMiB: 512, clock: 'wall' };
const said = (changes: object) => {
  const result = Machine.safeParse({ ...base, iommu: { kind: 'none' }, ...changes });
  return result.success ? 'taken' : result.error.issues.map((issue) => issue.message).join('; ');
};

describe('a machine', () => {
  it.each([
    [{ iommu: { kind: 'intel', domain: 'lazy', cachingMode: true } }, /caching mode .* strict/],
    [{ iommu: { kind: 'amd', domain: 'lazy' } }, /AMD-Vi .* strict/],
    [{ iommu: { kind: 'intel', domain: 'passthrough', runtime: 'identity' } }, /remove runtime/],
    [{ iommu: { kind: 'smmuv3', domain: 'strict' } }, /x86_64 machine cannot have an IOMMU of the kind smmuv3/],
    [
      { arch: 'aarch64', iommu: { kind: 'intel', domain: 'strict' } },
      /aarch64 machine cannot have an IOMMU of the kind intel/,
    ],
    [{ arch: 'aarch64', hostBridgeP2p: true }, /trusts no Arm host bridge/],
    [{ bounce: 'force', iommu: { kind: 'virtio', domain: 'strict' } }, /'force' needs a machine without an IOMMU/],
    [{ clock: 'icount' }, /one vCPU/],
    [{ dmaBits: 20 }, />=28/],
    [{ reserved: { at: 0x1c000000, mib: 128 } }, /not all RAM, which ends at 512 MiB \(0x20000000\)/],
    [{ arch: 'aarch64', reserved: { at: 0, mib: 128 } }, /RAM cannot be reserved/],
    [{ iommu: { kind: 'virtio', domain: 'lazy', cachingMode: true } }, /cachingMode/],
  ])('that cannot be is refused: %j', (changes, why) => expect(said(changes)).toMatch(why));

  it.each([
    { iommu: { kind: 'intel', domain: 'lazy', cachingMode: true, scalable: 'first-stage' } },
    { iommu: { kind: 'intel', domain: 'strict', cachingMode: true } },
    { bounce: 'force', iommu: { kind: 'intel', domain: 'passthrough' } },
    { bounce: 'force', iommu: { kind: 'intel', domain: 'strict', runtime: 'identity' } },
    { arch: 'aarch64', iommu: { kind: 'smmuv3', domain: 'lazy' } },
    { reserved: { at: 0x18000000, mib: 128 } },
  ])('that can be is taken: %j', (changes) => expect(said(changes)).toBe('taken'));
});

it('of an older run says as a field what it reserved by a word for its kernel', () => {
  const old = { ...base, iommu: { kind: 'none' }, kernelArgs: ['quiet', 'memmap=128M$0x18000000'] };
  const now = { ...base, iommu: { kind: 'none' }, kernelArgs: ['quiet'], reserved: { at: 0x18000000, mib: 128 } };
  expect(Machine.parse(old)).toEqual(now);
  expect(Machine.parse(now)).toEqual(now);
});

it.each([
  [{ kind: 'none' }, 'none', false],
  [{ kind: 'intel', domain: 'strict' }, 'strict', true],
  [{ kind: 'virtio', domain: 'lazy' }, 'lazy', true],
  [{ kind: 'amd', domain: 'passthrough' }, 'identity', false],
  [{ kind: 'intel', domain: 'lazy', runtime: 'identity' }, 'identity', false],
])('%j puts a device behind %s', (iommu, domain, translated) => {
  const parsed = Iommu.parse(iommu);
  expect(domainInForce(parsed)).toBe(domain);
  expect(translates(parsed)).toBe(translated);
});
