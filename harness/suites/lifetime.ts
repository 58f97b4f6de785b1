import type { OracleName, Plant } from '../../src/model/index.js';
import type { Block, Suite } from '../../src/workloads/index.js';
import type { Lifetime } from '../../src/workloads/lifetime/declaration.js';
import * as m from '../machines.js';
import { switched } from '../topologies.js';
import { iommuModes } from './iommu-modes.js';

// Not among the parts of the matrix: what happens to the memory has nothing to do with where the disk stands.
const events: Lifetime['event'][] = ['fork', 'mremap', 'dontneed', 'truncate', 'thp-split', 'thp-collapse', 'swap'];

const on = (event: Lifetime['event']): Lifetime => ({ id: event, kind: 'lifetime', event, sizeKiB: 512 });

const alarm = (event: Lifetime['event'], plant: Plant, caughtBy: OracleName[]): Block => ({
  machines: [m.vtdStrict],
  topologies: [switched],
  workloads: [on(event)],
  backends: ['phyr8'],
  plant,
  caughtBy,
});

export const lifetime: Suite = {
  id: 'lifetime',
  describe:
    'memory of a process to which something happens under I/O: fork, mremap, MADV_DONTNEED, truncation, huge pages split and made, swap',
  blocks: [
    {
      machines: [m.noIommu, ...iommuModes, m.bounced, m.narrowNoIommu],
      topologies: [switched],
      workloads: events.map(on),
      backends: ['sg', 'iter', 'iova', 'phyr16', 'phyr8'],
    },
    alarm('fork', 'pin-leak', ['leaks']),
    // Whoever does not keep its pages sees them split.
    alarm('thp-split', 'no-pin', ['workload']),
  ],
};
