import { passes } from '../../model/index.js';
import type { WorkloadContext } from '../shared/context.js';
import { done, type WorkloadResult } from '../shared/result.js';
import type { KernelCheck } from './declaration.js';

/** The report that the kernel must make for each mistake. No other report counts. */
export const REPORTS: Record<KernelCheck['fault'], RegExp> = {
  'use-after-free': /KASAN: slab-use-after-free in phyr_fault_make_use_after_free/,
  inversion: /possible circular locking dependency/,
  'atomic-sleep': /sleeping function called from invalid context/,
  leak: /kmemleak: unreferenced object .*\(size 96\)/,
  'short-unmap': /DMA-API: .*frees DMA memory with different size/,
};

/** A module makes a mistake on purpose. The kernel's report of it must reach the kernel-log oracle. */
export async function run({ workload, lab }: WorkloadContext<KernelCheck>): Promise<WorkloadResult> {
  await lab.run(`lab misbehave ${workload.fault}`);
  return {
    workload: done(`phyr_fault: ${workload.fault}`),
    translation: passes('translation', 'nothing is mapped through the device under test'),
    metrics: [],
    dueLog: REPORTS[workload.fault],
  };
}
