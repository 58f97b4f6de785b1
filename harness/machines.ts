import type { Iommu, Machine } from '../src/model/index.js';

/**
 * Two vCPUs, so that several I/O queues and real concurrency are in play. The host bridge of these machines forwards no
 * peer-to-peer traffic, which is what most desktop chip sets do.
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

/** One vCPU whose clock counts instructions: for costs that are the same in every run. */
const counting = { clock: 'icount', vcpus: 1 } as const;

export const noIommu = x86('no-iommu', { kind: 'none' });
export const vtdStrict = x86('vtd-strict', { kind: 'intel', domain: 'strict' });
export const vtdLazy = x86('vtd-lazy', { kind: 'intel', domain: 'lazy' });
export const vtdPassthrough = x86('vtd-pt', { kind: 'intel', domain: 'passthrough' });
export const vtdStrictCounting = x86('vtd-strict-icount', { kind: 'intel', domain: 'strict' }, counting);
export const vtdPassthroughCounting = x86('vtd-pt-icount', { kind: 'intel', domain: 'passthrough' }, counting);
