/** What a device of a process's own needs. Pure. */
import { type Backend, hasIommu, type Machine, type PciNode, runtimeOf } from '../../model/index.js';
import type { Vfio } from './declaration.js';

/** How a process gets a device and an address space for it: by VFIO's type 1, by what iommufd makes of the calls for that, ... */
export type Way = 'type1' | 'compat' | 'iommufd' | 'phyr8' | 'phyr16';

/** Something that every way must refuse, as a command of guest/tools/iospace.c for a way. */
export interface Refusal {
  what: string;
  command(way: Way): string;
  errno: string;
  /** Where iommufd calls it something else. */
  iommufd?: string;
}

export function errnoDue({ errno, iommufd }: Refusal, way: Way): string {
  return way === 'iommufd' || way === 'compat' ? (iommufd ?? errno) : errno;
}

const hex = (n: number | bigint): string => `0x${n.toString(16)}`;
const PAGE = 4096;

/** `iova`: where the whole memory is mapped, `free`: where nothing is. */
export function refusals(iova: number, free: number, bytes: number): Refusal[] {
  const map = (at: number | bigint, memory: string | number, length: number, access: string) => (way: Way) =>
    `map ${way} ${hex(at)} ${memory} ${length} ${access}`;
  const unmap = (at: number, length: number) => (way: Way) => `unmap ${way} ${hex(at)} ${length}`;
  return [
    { what: 'map what is mapped', command: map(iova, 0, bytes, 'rw'), errno: 'EEXIST' },
    {
      what: 'map over the end of what is mapped',
      command: map(iova + bytes - PAGE, 0, 2 * PAGE, 'rw'),
      errno: 'EEXIST',
    },
    { what: 'map at no page', command: map(free + 512, 0, PAGE, 'rw'), errno: 'EINVAL' },
    { what: 'map part of a page', command: map(free, 0, PAGE + 512, 'rw'), errno: 'EINVAL' },
    { what: 'map from inside a page', command: map(free, 512, PAGE, 'rw'), errno: 'EINVAL' },
    { what: 'map nothing', command: map(free, 0, 0, 'rw'), errno: 'EINVAL' },
    { what: 'map for nobody', command: map(free, 0, PAGE, '-'), errno: 'EINVAL' },
    { what: 'map beyond the last address', command: map(2n ** 64n - 4096n, 0, 2 * PAGE, 'rw'), errno: 'EOVERFLOW' },
    { what: 'map where interrupts go', command: map(0xfee00000, 0, PAGE, 'rw'), errno: 'EINVAL' },
    { what: 'map what the process has not', command: map(free, '@none', PAGE, 'rw'), errno: 'EFAULT' },
    { what: 'map what the process may not write', command: map(free, '@readonly', PAGE, 'rw'), errno: 'EFAULT' },
    { what: 'unmap a part', command: unmap(iova, PAGE), errno: 'EINVAL', iommufd: 'ENOENT' },
    { what: 'unmap from the middle on', command: unmap(iova + PAGE, bytes), errno: 'EINVAL', iommufd: 'ENOENT' },
    { what: 'unmap at no page', command: unmap(iova + 512, PAGE), errno: 'EINVAL', iommufd: 'ENOENT' },
    { what: 'unmap nothing', command: unmap(iova, 0), errno: 'EINVAL' },
  ];
}

/** Why a cell cannot be. */
export function vfioLacks(
  machine: Machine,
  nodes: readonly PciNode[],
  workload: Vfio,
  backend: Backend,
): string | undefined {
  if (backend !== 'phyr8' && backend !== 'phyr16')
    return 'a domain of its own is filled from lists: phyr8 or phyr16, with the kernel beside each';
  if (!hasIommu(machine)) return 'without an IOMMU a process cannot be given a device';
  if (runtimeOf(machine.iommu) !== undefined) return 'only the groups of disks get another domain at run time';
  if (nodes.filter(({ kind }) => kind === workload.engine).length < 2)
    return `the topology has no two devices of kind ${workload.engine}, one for the kernel's way and one for ours`;
  // In pages of 64 KiB alone: where one of 2 MiB would fit, that is what the memory comes in.
  if (workload.memory === '64k' && workload.kib > 1920) return 'memory in pages of 64 KiB is less than 2 MiB';
  return undefined;
}
