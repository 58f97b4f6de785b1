import type { Iommu, Machine } from '../src/model/index.js';

/**
 * Two vCPUs, so that there are several I/O queues and real concurrency. The host bridge does not forward peer-to-peer traffic, as on most
 * desktop chip sets.
 */
function x86(id: string, iommu: Iommu, more: Partial<Machine> = {}): Machine {
  return {
    id,
    arch: 'x86_64',
    hostBridgeP2p: false,
    vcpus: 2,
    memoryMiB: 768,
    iommu,
    clock: 'wall',
    kernelArgs: [],
    ...more,
  };
}

/** One vCPU whose clock counts instructions, for costs that are the same in every run. */
const counting = { clock: 'icount', vcpus: 1 } as const;

export const noIommu = x86('no-iommu', { kind: 'none' });
export const vtdStrict = x86('vtd-strict', { kind: 'intel', domain: 'strict' });
export const vtdLazy = x86('vtd-lazy', { kind: 'intel', domain: 'lazy' });
export const vtdPassthrough = x86('vtd-pt', { kind: 'intel', domain: 'passthrough' });
export const vtdStrictCounting = x86('vtd-strict-icount', { kind: 'intel', domain: 'strict' }, counting);
export const vtdPassthroughCounting = x86('vtd-pt-icount', { kind: 'intel', domain: 'passthrough' }, counting);

/** One vCPU has one I/O queue and never maps two requests at once; four give more of both than two. */
export const vtdStrictOne = x86('vtd-strict-1cpu', { kind: 'intel', domain: 'strict' }, { vcpus: 1 });
export const vtdLazyFour = x86('vtd-lazy-4cpu', { kind: 'intel', domain: 'lazy' }, { vcpus: 4 });

/** As seen under a hypervisor that shadows the guest's page tables: it must be told about every mapping. */
export const vtdCaching = x86('vtd-caching', { kind: 'intel', domain: 'strict', cachingMode: true });
export const vtdSecondStageLazy = x86('vtd-sm2-lazy', { kind: 'intel', domain: 'lazy', scalable: 'second-stage' });
export const vtdSecondStage = x86('vtd-sm2-strict', { kind: 'intel', domain: 'strict', scalable: 'second-stage' });
export const vtdFirstStageLazy = x86('vtd-sm1-lazy', { kind: 'intel', domain: 'lazy', scalable: 'first-stage' });
export const vtdFirstStage = x86('vtd-sm1-strict', { kind: 'intel', domain: 'strict', scalable: 'first-stage' });
export const vtdFirstStagePassthrough = x86('vtd-sm1-pt', {
  kind: 'intel',
  domain: 'passthrough',
  scalable: 'first-stage',
});
/** Boots translated; then the devices' groups are set to identity. */
export const vtdRuntimeIdentity = x86('vtd-identity', { kind: 'intel', domain: 'lazy', runtime: 'identity' });

export const virtioLazy = x86('virtio-lazy', { kind: 'virtio', domain: 'lazy' });
export const virtioStrict = x86('virtio-strict', { kind: 'virtio', domain: 'strict' });

/** Needs Debian's full kernel. */
export const amdStrict = x86('amd-strict', { kind: 'amd', domain: 'strict' });
export const amdPassthrough = x86('amd-pt', { kind: 'amd', domain: 'passthrough' });

/** The kernel argument swiotlb=force bounces every transfer. */
export const bounced = x86('bounced', { kind: 'none' }, { bounce: 'force' });

/**
 * 2 GiB of its RAM lie above 4 GiB, beyond a device of 32 bits: bounced without an IOMMU, remapped with one. init_on_alloc is off because the
 * workload `stress` allocates nearly all RAM; clearing it would take an emulated guest 20 s, and as much of the host's memory.
 */
const narrow = { dmaBits: 32, memoryMiB: 4096, kernelArgs: ['init_on_alloc=0'] };
export const narrowNoIommu = x86('narrow', { kind: 'none' }, narrow);
export const narrowPassthrough = x86('narrow-pt', { kind: 'intel', domain: 'passthrough' }, narrow);
export const narrowStrict = x86('narrow-strict', { kind: 'intel', domain: 'strict' }, narrow);

/** An AMD host bridge, which the kernel trusts to forward peer-to-peer traffic. */
export const vtdStrictP2p = x86('vtd-strict-p2p', { kind: 'intel', domain: 'strict' }, { hostBridgeP2p: true });
export const noIommuP2p = x86('no-iommu-p2p', { kind: 'none' }, { hostBridgeP2p: true });

/** Another architecture: weaker memory ordering, another board, another IOMMU. The kernel does not trust its host bridge. */
function arm64(id: string, iommu: Iommu): Machine {
  return x86(id, iommu, { arch: 'aarch64' });
}

export const smmuStrict = arm64('arm64-smmu-strict', { kind: 'smmuv3', domain: 'strict' });
export const smmuLazy = arm64('arm64-smmu-lazy', { kind: 'smmuv3', domain: 'lazy' });
export const smmuPassthrough = arm64('arm64-smmu-pt', { kind: 'smmuv3', domain: 'passthrough' });
export const armNoIommu = arm64('arm64-no-iommu', { kind: 'none' });

/** The last 128 MiB of RAM are not used by the kernel and have no struct pages. */
const reserved = { memoryMiB: 896, reserved: { at: 0x30000000, mib: 128 } };
export const vtdStrictReserved = x86('vtd-strict-reserved', { kind: 'intel', domain: 'strict' }, reserved);
export const noIommuReserved = x86('no-iommu-reserved', { kind: 'none' }, reserved);
