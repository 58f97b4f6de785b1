/** The memory for I/O through /dev/phyrN-ctl or for regions: who offers it, how the guest's tools name it, and how to release it. */

import { InfraError } from '../../model/index.js';
import type { WorkloadContext } from './context.js';
import type { Via } from './memory.js';
import { isShared, type MemorySpec } from './memory-spec.js';
import { RANGES_SPAN, type Range, rangesOf } from './ranges.js';
import { reservedRam } from './reserved-ram.js';

export interface TestMemory {
  /** The argument for phyrio and region, by path. */
  names: Record<Via, string>;
  /** Where the ranges of a dma-buf are in the memory, in order. */
  ranges(via: Via): Range[];
  /** The part that is revoked, and the file by which that is done. */
  taken(via: Via): string;
  knob: string;
  /** The guest's device file from which others can read its content. */
  file?: string;
  /** The guest's device file that makes dma-bufs of it, if the exporter is ours. */
  exporter?: string;
  /** The host file behind it. */
  hostFile?: string | undefined;
  release(): Promise<void>;
}

type Context = Pick<WorkloadContext, 'cell' | 'lab' | 'peers'>;

export async function makeMemory({ cell, lab, peers }: Context, workload: MemorySpec): Promise<TestMemory> {
  const { seed } = cell;
  if (workload.memory === 'user')
    return {
      names: { direct: 'user', registered: 'buffer', 'dma-buf': '', 'dma-buf-sg': '' },
      ranges: () => [],
      taken: () => '',
      knob: '',
      release: async () => {},
    };
  const unload = async () => void (await lab.run('rmmod phyr_store'));
  if (workload.memory === 'page-less') {
    const ram = reservedRam(cell.machine);
    if (ram === undefined) throw new InfraError(`machine ${cell.machine.id} reserves no RAM`);
    await lab.run(`lab store ${ram.base} ${ram.bytes}`);
    const file = '/dev/phyr_ram';
    return { ...named(seed, workload, file), file, exporter: file, release: unload };
  }
  const peer = peers.get(workload.peer ?? '');
  if (peer === undefined) throw new InfraError(`the topology has no peer '${workload.peer}'`);
  const { bdf, file: hostFile } = peer;
  const unbind = () => lab.unbind(bdf);
  switch (workload.memory) {
    case 'peer':
      await lab.bind(bdf, 'phyr_peer');
      return { ...named(seed, workload, `/sys/bus/pci/devices/${bdf}/p2pmem/allocate`), hostFile, release: unbind };
    case 'peer-vfio':
      await lab.run('lab vfio-pci');
      await lab.bind(bdf, 'vfio-pci');
      return { ...named(seed, workload, `vfio:${bdf}`), hostFile, release: unbind };
    case 'peer-page-less': {
      const exporter = `/dev/phyr_bar-${bdf}`;
      await lab.run('lab store');
      await lab.bind(bdf, 'phyr_store');
      return {
        ...named(seed, workload, exporter),
        exporter,
        hostFile,
        release: async () => {
          await unbind();
          await unload();
        },
      };
    }
  }
}

function named(seed: number, workload: MemorySpec, file: string): Omit<TestMemory, 'release'> {
  // Each path and thread has its own memory, so that all of it can be checked in the end.
  const ranges = (via: Via): Range[] => {
    const base = Math.max(workload.via.filter(isShared).indexOf(via), 0) * workload.threads * RANGES_SPAN;
    const parts = workload.ranges === undefined ? [] : rangesOf(workload.ranges, seed);
    return parts.map(({ offset, len }) => ({ offset: base + offset, len }));
  };
  const shared = (way: string, via: Via, of = ranges(via)) => `dmabuf:${way}:${file}:${rangesText(of)}`;
  const names = {
    direct: file,
    registered: `buffer:${file}`,
    'dma-buf': shared('list', 'dma-buf'),
    'dma-buf-sg': shared('sg', 'dma-buf-sg'),
  };
  return {
    names,
    ranges,
    // The last thread's, because the first thread's is checked in the end.
    taken: (via) => {
      const last = (workload.threads - 1) * RANGES_SPAN;
      const of = ranges(via).map(({ offset, len }) => ({ offset: last + offset, len }));
      return of.length === 0 ? names[via] : shared(via === 'dma-buf' ? 'list' : 'sg', via, of);
    },
    knob: file.startsWith('vfio:') ? 'vfio' : `/sys/class/misc/${file.replace('/dev/', '')}/revoked`,
  };
}

/** In the syntax of the guest's tools. */
export function rangesText(ranges: readonly Range[]): string {
  return ranges.map(({ offset, len }) => `${offset}+${len}`).join(',');
}
