import type { Topology } from '../../src/model/index.js';
import type { DriverSettings, HostMemory, Suite, Workload } from '../../src/workloads/index.js';
import { bounced, noIommu, virtioStrict, vtdStrict } from '../machines.js';

/** The device takes the largest commands that the driver can make. */
export const wide: Topology = {
  id: 'wide',
  root: [
    {
      kind: 'root-port',
      id: 'rp0',
      below: [{ kind: 'nvme', id: 'dut', role: 'dut', sizeMiB: 128, blockSize: 512, maxTransferKiB: 2048 }],
    },
  ],
};

const LARGEST = 2048;

/** PRP lists of every length around 128 KiB, the most that a tag's own memory describes, and with a full page of entries; several at a time. */
export const fioLists: Workload = {
  id: 'fio-lists',
  kind: 'fio-verify',
  jobs: [
    { name: 'tag-full', pattern: 'random', blockSize: 128 << 10, regionKiB: 2048, depth: 8, jobs: 1 },
    { name: 'page-first', pattern: 'random', blockSize: 132 << 10, regionKiB: 132 * 16, depth: 8, jobs: 1, head: 2048 },
    { name: 'sectors-more', pattern: 'sequential', blockSize: (128 << 10) + 512, regionKiB: 2056, depth: 4, jobs: 1 },
    { name: 'page-full', pattern: 'sequential', blockSize: 2 << 20, regionKiB: 8192, depth: 2, jobs: 1, head: 516 },
  ],
  driver: { maxKiB: LARGEST, uses: ['list_pages'] },
};

/** The same under SGLs, in queues that are always full. */
export const fioSgls: Workload = {
  ...fioLists,
  id: 'fio-sgls',
  driver: { maxKiB: LARGEST, sglKiB: 2, depth: 4, queues: 1, uses: ['sgls'] },
};

const LISTS = { uses: ['list_pages'] } satisfies DriverSettings;
const SGLS = { sglKiB: 2, uses: ['sgls', 'list_pages'] } satisfies DriverSettings;

/** Disk to memory to disk by single commands, from memory in pieces of each size, with data that begins and ends within a page. */
const copy = (
  id: string,
  bytes: number,
  driver: Omit<DriverSettings, 'maxKiB'>,
  memory: HostMemory[] = ['4k', '64k', '2m', 'hugetlb'],
): Workload => ({
  id,
  kind: 'memory-copy',
  memory,
  heads: [0, 4, 2048, 4092],
  bytes,
  driver: { maxKiB: LARGEST, ...driver },
});

/** From 4 KiB pieces that is a PRP list with a page of its own, and one that fills its page. */
export const copyLists = copy('copy-lists', (256 << 10) + 512, LISTS);
export const copyLongest = copy('copy-longest', 2 << 20, LISTS, ['2m', 'hugetlb']);

/** From 4 KiB pieces: 16 descriptors, which fill a tag's own memory, or 17, which take a page. From larger ones: a descriptor in the command. */
export const copySgls = copy('copy-sgls', 64 << 10, SGLS);
/** From 4 KiB pieces: as many descriptors as fill a page, and one more, which the block layer splits. */
export const copyLongSgls = copy('copy-long-sgls', (1 << 20) - 512, SGLS, ['4k', '64k']);

const ctl = { kind: 'ctl-io', memory: 'user', via: ['direct', 'registered'], threads: 2, sizeKiB: 4096 } as const;
export const ctlLists: Workload = {
  ...ctl,
  id: 'ctl-lists',
  via: [...ctl.via],
  driver: { maxKiB: LARGEST, uses: ['list_pages'] },
};
/** Registered memory always has PRPs. */
export const ctlSgls: Workload = {
  ...ctl,
  id: 'ctl-sgls',
  via: ['direct'],
  driver: { maxKiB: LARGEST, sglKiB: 2, uses: ['sgls'] },
};

export const shapes: Suite = {
  id: 'shapes',
  describe: 'commands of every shape: PRP lists and SGLs that take a page, up to 2 MiB, in the shortest queues',
  blocks: [
    {
      machines: [noIommu, vtdStrict, virtioStrict, bounced],
      topologies: [wide],
      workloads: [fioLists, fioSgls, copyLists, copyLongest, copySgls, copyLongSgls, ctlLists, ctlSgls],
      backends: ['sg', 'iter', 'iova', 'phyr16', 'phyr8'],
    },
  ],
};
