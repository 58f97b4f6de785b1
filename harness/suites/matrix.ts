import type { Block } from '../../src/model/index.js';
import * as machines from '../machines.js';
import * as topologies from '../topologies.js';
import * as workloads from '../workloads.js';

/** All that there is, as one product: whatever is added to the parts is in the matrix. */
export const matrix: Omit<Block, 'cover'> = {
  machines: Object.values(machines),
  topologies: Object.values(topologies),
  workloads: Object.values(workloads)
    .flat()
    .filter((workload) => typeof workload !== 'function'),
  backends: ['sg', 'iter', 'iova', 'phyr16', 'phyr8'],
};
