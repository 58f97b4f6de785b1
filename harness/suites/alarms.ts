import type { Block, OracleName, Plant, Suite } from '../../src/model/index.js';
import { vtdStrict } from '../machines.js';
import { switched } from '../topologies.js';
import { fioVerify, stress } from '../workloads.js';

function planted(plant: Plant, backends: Block['backends'], caughtBy: OracleName[]): Block {
  return { machines: [vtdStrict], topologies: [switched], workloads: [fioVerify], backends, plant, caughtBy };
}

export const alarms: Suite = {
  id: 'alarms',
  describe: 'modules that are broken on purpose; a cell passes when the oracles named for its defect object',
  blocks: [
    planted('short-map', ['sg', 'iova', 'phyr16', 'phyr8'], ['faults', 'data', 'translation']),
    planted('skip-unmap', ['sg', 'iova', 'phyr16', 'phyr8'], ['leaks']),
    planted('early-unmap', ['sg', 'iova', 'phyr16', 'phyr8'], ['faults', 'data']),
    planted('wrong-length', ['phyr8'], ['data']),
    { ...planted('wrong-length', ['phyr8'], ['data']), workloads: [stress] },
    planted('swap-direction', ['sg', 'iova', 'phyr16', 'phyr8'], ['faults', 'data']),
  ],
};
