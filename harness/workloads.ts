import type { Workload } from '../src/model/index.js';

/** All jobs run at once, on regions of their own: block sizes from one sector to beyond the driver's largest request. */
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

export const p2pNear: Workload = { id: 'p2p-near', kind: 'p2p-copy', peer: 'near', sizeKiB: 1024 };
export const p2pFar: Workload = { id: 'p2p-far', kind: 'p2p-copy', peer: 'far', sizeKiB: 1024 };

export const mapCost: Workload = { id: 'map-cost', kind: 'map-cost', layout: '4k-fragmented', pages: 256 };

/** Long enough for every size and kind of operation; a scenario with more seconds is the same for longer. */
export const stress: Workload = { id: 'stress', kind: 'stress', seconds: 5, threads: 8 };

export const hotUnplug: Workload = { id: 'hot-unplug', kind: 'hot-remove', how: 'unplug', threads: 4 };
export const unbindUnderIo: Workload = { id: 'unbind', kind: 'hot-remove', how: 'unbind', threads: 4 };

export const filesystem: Workload = { id: 'filesystem', kind: 'filesystem', files: 40 };
