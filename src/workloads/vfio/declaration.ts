import { z } from 'zod';
import { hasIommu, Id, runtimeOf } from '../../model/index.js';
import { defineKind, never, none } from '../kind.js';
import { only } from '../shared/backends.js';
import { works } from '../shared/decision.js';
import type { Figures } from '../shared/figures.js';
import { HostMemory, notInPages } from '../shared/memory.js';

/**
 * A process's memory in a device's own address space, by the kernel's VFIO (and iommufd if it has it) and by
 * phyr_domain.ko. Uses two devices of the same kind; the first is for the kernel's APIs.
 */
export const Vfio = z.strictObject({
  id: Id,
  kind: z.literal('vfio'),
  memory: HostMemory,
  kib: z.int().min(64).max(16_384).multipleOf(4),
  /** The device that moves data. */
  engine: z.enum(['edu', 'iommu-testdev']),
});
export type Vfio = z.infer<typeof Vfio>;

export const figures = {
  'map calls': { unit: '', better: 'lower' },
  'unmap calls': { unit: '', better: 'lower' },
  'table pages': { unit: '', better: 'lower' },
  'pages of 1 GiB': { unit: '', better: 'neither' },
  'pages of 2 MiB': { unit: '', better: 'neither' },
  'pages of 4 KiB': { unit: '', better: 'neither' },
} satisfies Figures;

const BACKENDS = only(
  ['phyr8', 'phyr16'],
  'phyr_domain fills a domain from phyr lists only: phyr8 or phyr16, each beside the kernel',
);

export const vfio = defineKind({
  name: 'vfio',
  describe: "a process's memory in a device's own address space, by the kernel's VFIO and by phyr_domain.ko",
  schema: Vfio,
  clock: 'wall',
  kernel: 'any',
  modules: ['phyr_domain', 'phyr_engine', 'phyr_store'],
  faultyModules: never,
  backends: () => BACKENDS,
  diskKiB: () => 0,
  decide(workload, { machine, nodes }) {
    const { engine } = workload;
    if (!hasIommu(machine)) return { prune: 'giving a device to a process needs an IOMMU' };
    if (runtimeOf(machine.iommu) !== undefined)
      return { prune: 'the harness changes only the domains of disks at run time' };
    if (nodes.filter(({ kind }) => kind === engine).length < 2)
      return {
        prune: `the topology needs two devices of kind ${engine}, one for the kernel's API and one for ours`,
      };
    const prune = notInPages(workload);
    return prune === undefined ? works('iova') : { prune };
  },
  peer: none,
  ranges: none,
  watched: never,
  oneWay: false,
  ownDomain: true,
  powersOff: never,
  benchmark: false,
  figures,
  run: () => import('./run.js'),
});
