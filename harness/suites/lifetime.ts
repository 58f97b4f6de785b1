import type { OracleName, Plant } from '../../src/model/index.js';
import type { Block, Suite } from '../../src/workloads/index.js';
import type { Lifetime } from '../../src/workloads/lifetime/declaration.js';
import * as m from '../machines.js';
import { switched } from '../topologies.js';
import { iommuModes } from './iommu-modes.js';

// Not part of the matrix: what happens to the memory does not depend on where the disk is.
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
    'process memory that changes under I/O: fork, mremap, MADV_DONTNEED, truncation, huge pages split and collapsed, swap',
  blocks: [
    {
      machines: [m.noIommu, ...iommuModes, m.bounced, m.narrowNoIommu],
      topologies: [switched],
      workloads: events.map(on),
      backends: ['sg', 'iter', 'iova', 'phyr16', 'phyr8'],
    },
    alarm('fork', 'pin-leak', ['leaks']),
    // Without the pins, its pages are split.
    alarm('thp-split', 'no-pin', ['workload']),
  ],
};
