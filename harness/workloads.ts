import type { Workload } from '../src/workloads/index.js';
import { fragmented } from './layouts.js';

/** All jobs run at once, each in its own region: block sizes from one sector to beyond the driver's largest request. */
export const fioVerify: Workload = {
  id: 'fio-verify',
  kind: 'fio-verify',
  jobs: [
    { name: 'sector', pattern: 'random', blockSize: 512, regionKiB: 64, depth: 8, jobs: 1 },
    { name: 'page', pattern: 'random', blockSize: 4096, regionKiB: 1024, depth: 16, jobs: 2 },
    { name: 'odd', pattern: 'sequential', blockSize: 13 * 512, regionKiB: 13 * 32, depth: 4, jobs: 1 },
    { name: 'medium', pattern: 'random', blockSize: 64 << 10, regionKiB: 4096, depth: 4, jobs: 1 },
    { name: 'large', pattern: 'sequential', blockSize: 1 << 20, regionKiB: 8192, depth: 2, jobs: 1 },
  ],
};

export const crosscheck: Workload = { id: 'crosscheck', kind: 'crosscheck', sizeKiB: 4096 };

export const p2pTo = (peer: string): Workload => ({ id: `p2p-${peer}`, kind: 'p2p-copy', peer, sizeKiB: 1024 });
export const p2pNear = p2pTo('near');
export const p2pFar = p2pTo('far');

export const mapCost: Workload = { id: 'map-cost', kind: 'map-cost', points: [{ layout: fragmented, kib: 1024 }] };

/** Long enough for every size and kind of operation. */
export const stress: Workload = { id: 'stress', kind: 'stress', seconds: 3, threads: 8 };

export const hotUnplug: Workload = { id: 'hot-unplug', kind: 'hot-remove', how: 'unplug', threads: 4 };
export const unbindUnderIo: Workload = { id: 'unbind', kind: 'hot-remove', how: 'unbind', threads: 4 };

export const filesystem: Workload = { id: 'filesystem', kind: 'filesystem', files: 40 };

/** I/O without a bio. Small, so that it takes a guest about a second. */
const ctl = { kind: 'ctl-io', threads: 2, sizeKiB: 1024 } as const;
export const ctlDirect: Workload = { ...ctl, id: 'ctl-direct', memory: 'user', via: ['direct'] };
export const ctlRegistered: Workload = { ...ctl, id: 'ctl-registered', memory: 'user', via: ['registered'] };
/** By key, from processes that did not register the memory. */
export const ctlByKey: Workload = { ...ctlRegistered, id: 'ctl-by-key', threads: 4, processes: true };
export const ctlBoth: Workload = { ...ctl, id: 'ctl', memory: 'user', via: ['direct', 'registered'] };
export const ctlPageless: Workload = {
  ...ctl,
  id: 'ctl-page-less',
  memory: 'page-less',
  via: ['direct', 'registered'],
  revoke: true,
};
export const ctlPeer = (peer: string): Workload[] => [
  { ...ctl, id: `ctl-${peer}`, memory: 'peer', peer, via: ['direct'] },
  { ...ctl, id: `ctl-${peer}-page-less`, memory: 'peer-page-less', peer, via: ['direct', 'registered'] },
];
export const ctlPeers: Workload[] = [...ctlPeer('near'), ...ctlPeer('far')];

/** Pages of every size as source and target; data that begins and ends within a page. */
export const hostMemory: Workload = {
  id: 'host-memory',
  kind: 'memory-copy',
  memory: ['4k', '64k', '2m', 'hugetlb'],
  heads: [0, 516],
  bytes: (1 << 20) - 3 * 512,
};
