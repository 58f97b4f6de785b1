import type { Block } from '../../src/workloads/index.js';
import * as machines from '../machines.js';
import * as topologies from '../topologies.js';
import * as workloads from '../workloads.js';

/**
 * All that there is, as one product: whatever is added to the parts is in the matrix. But arm64: its images, compiler and emulator are
 * fetched only for those who ask for its own suite.
 */
export const matrix: Omit<Block, 'cover'> = {
  machines: Object.values(machines).filter(({ arch }) => arch !== 'aarch64'),
  topologies: Object.values(topologies),
  workloads: Object.values(workloads)
    .flat()
    .filter((workload) => typeof workload !== 'function')
    // `ctl` does both.
    .filter((workload) => workload !== workloads.ctlDirect && workload !== workloads.ctlRegistered),
  backends: ['sg', 'iter', 'iova', 'phyr16', 'phyr8'],
};
