import type { Suite } from '../../src/model/index.js';
import { switched } from '../topologies.js';
import { alarms } from './alarms.js';
import { matrix } from './matrix.js';

const of = (arch: string) => matrix.machines.filter((machine) => machine.arch === arch);

export const ci: Suite = {
  id: 'ci',
  describe: 'for every push: every two parts of the matrix in some cell, every refusal, every alarm',
  matrix: true,
  blocks: [
    { ...matrix, machines: of('x86_64'), cover: 'pairwise' },
    // What may flow between peers is the kernel's decision by the PCI tree, whatever the architecture.
    { ...matrix, machines: of('aarch64'), topologies: [switched], cover: 'pairwise' },
    ...alarms.blocks,
  ],
};
