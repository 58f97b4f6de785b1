import type { Block } from '../../src/workloads/index.js';
import * as machines from '../machines.js';
import * as topologies from '../topologies.js';
import * as workloads from '../workloads.js';

/**
 * The product of everything in the files of parts: what is added there is in the matrix. Except arm64, whose images, compiler and emulator are
 * downloaded only for its own suite.
 */
export const matrix: Omit<Block, 'cover'> = {
  machines: Object.values(machines).filter(({ arch }) => arch !== 'aarch64'),
  topologies: Object.values(topologies),
  workloads: Object.values(workloads)
    .flat()
    .filter((workload) => typeof workload !== 'function')
    // `ctl` covers both.
    .filter((workload) => workload !== workloads.ctlDirect && workload !== workloads.ctlRegistered),
  backends: ['sg', 'iter', 'iova', 'phyr16', 'phyr8'],
};
