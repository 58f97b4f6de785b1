import type { Machine, OracleName, Plant } from '../../src/model/index.js';
import type { Block, RangeLayout, Suite, Workload } from '../../src/workloads/index.js';
import { bounced, noIommu, vtdStrict, vtdStrictP2p, vtdStrictReserved } from '../machines.js';
import { switched } from '../topologies.js';
import {
  crosscheck,
  ctlDirect,
  ctlPeer,
  ctlRegistered,
  fioVerify,
  hostMemory,
  p2pFar,
  p2pNear,
  stress,
} from '../workloads.js';
import { sharingMachine } from './dmabuf.js';
import { enginesTopology, iommuTestdev } from './engines.js';
import { iotlb4k } from './iotlb.js';
import { enginesAndBars, registerEdu, registerRamEdu } from './register.js';
import { enginePairs, vfio4k } from './vfio.js';

/** Where a defect is planted. */
interface Where {
  machine: Machine;
  workload: Workload;
}

const FIO: Where = { machine: vtdStrict, workload: fioVerify };
/** A small workload, in which the device is watched. */
const WATCHED: Where = { machine: vtdStrict, workload: crosscheck };

function planted(plant: Plant, backends: Block['backends'], caughtBy: OracleName[], where: Where = FIO): Block {
  const { machine, workload } = where;
  return { machines: [machine], topologies: [switched], workloads: [workload], backends, plant, caughtBy };
}

/** In I/O without a bio, with memory named in each request and with registered memory. */
function plantedInCtl(plant: Plant, caughtBy: OracleName[]): Block {
  return { ...planted(plant, ['phyr8'], caughtBy), workloads: [ctlDirect, ctlRegistered] };
}

/** In a workload whose device is not an NVMe. */
function plantedInEngine(plant: Plant, caughtBy: OracleName[]): Block {
  return {
    ...planted(plant, ['phyr8'], caughtBy, { machine: vtdStrict, workload: iommuTestdev }),
    topologies: [enginesTopology],
  };
}

/** In a process's own address space, or in memory registered with an engine. */
function plantedInPairs(plant: Plant, caughtBy: OracleName[], workload: Workload): Block {
  return { ...planted(plant, ['phyr8'], caughtBy, { machine: vtdStrict, workload }), topologies: [enginePairs] };
}

/** In a dma-buf that is registered with an engine. */
function plantedInShared(plant: Plant, caughtBy: OracleName[]): Block {
  return {
    ...planted(plant, ['phyr8'], caughtBy, { machine: sharingMachine(vtdStrict), workload: registerRamEdu }),
    topologies: [enginesAndBars],
  };
}

/** A dma-buf whose exporter provides the list of its ranges: of RAM, or of the far peer's BAR. */
const dmabufList = (memory: 'page-less' | 'peer-page-less', ranges: RangeLayout, revoke = false): Workload => ({
  id: `dmabuf-list-${memory === 'page-less' ? ranges : `far-${ranges}`}`,
  kind: 'ctl-io',
  memory,
  ...(memory === 'peer-page-less' && { peer: 'far' }),
  via: ['dma-buf'],
  ranges,
  threads: 2,
  sizeKiB: 1024,
  revoke,
});

export const alarms: Suite = {
  id: 'alarms',
  describe: 'modules with a planted defect; a cell passes when the oracles named for its defect object',
  blocks: [
    planted('short-map', ['sg', 'iova', 'phyr16', 'phyr8'], ['faults', 'data', 'translation']),
    planted('skip-unmap', ['sg', 'iova', 'phyr16', 'phyr8'], ['leaks']),
    planted('early-unmap', ['sg', 'iova', 'phyr16', 'phyr8'], ['faults', 'data']),
    planted('wrong-length', ['phyr8'], ['data']),
    planted('wrong-length', ['phyr8'], ['data'], { machine: vtdStrict, workload: stress }),
    planted('swap-direction', ['sg', 'iova', 'phyr16', 'phyr8'], ['faults', 'data']),
    // Only shows where chunks are certainly larger than a page.
    planted('wrong-order', ['phyr8'], ['data', 'translation'], { machine: vtdStrict, workload: hostMemory }),
    planted('short-map', ['phyr8'], ['device', 'faults'], WATCHED),
    planted('early-unmap', ['sg', 'phyr8'], ['device', 'faults'], WATCHED),
    planted('wrong-length', ['phyr8'], ['device', 'data'], WATCHED),
    planted('swap-direction', ['sg', 'phyr8'], ['device', 'faults'], WATCHED),
    planted('both-directions', ['sg', 'phyr8'], ['device'], WATCHED),
    // Under emulation the next two do not affect the data: the first shifts both copies equally, the second is only an attribute.
    planted('wrong-bus-offset', ['phyr8'], ['device', 'translation'], { machine: noIommu, workload: p2pNear }),
    planted('no-mmio', ['phyr8'], ['device'], { machine: vtdStrictP2p, workload: p2pFar }),
    // The same without a bio: with pages, without pages, and as a dma-buf.
    {
      ...planted('no-mmio', ['phyr8'], ['device'], { machine: vtdStrictP2p, workload: p2pFar }),
      workloads: [...ctlPeer('far'), dmabufList('peer-page-less', 'apart')],
    },
    planted('skip-sync', ['phyr8'], ['data', 'workload'], { machine: bounced, workload: crosscheck }),
    // Not with memory named in each request: a storm of faults sometimes keeps the guest from unbinding, and then no oracle can look.
    planted('short-map', ['phyr8'], ['faults', 'data', 'translation'], { machine: vtdStrict, workload: ctlRegistered }),
    plantedInCtl('skip-unmap', ['leaks']),
    plantedInCtl('early-unmap', ['faults', 'data', 'translation']),
    plantedInCtl('wrong-length', ['data']),
    plantedInCtl('swap-direction', ['faults', 'data']),
    plantedInEngine('skip-unmap', ['workload', 'translation', 'leaks']),
    // Not faults: the address that faults unexpectedly is the one at which a fault is provoked a moment later.
    plantedInEngine('swap-direction', ['workload', 'translation']),
    planted('wrong-slice', ['phyr8'], ['data', 'translation', 'device'], {
      machine: vtdStrict,
      workload: ctlRegistered,
    }),
    planted('swap-ranges', ['phyr8'], ['data', 'translation', 'device'], {
      machine: vtdStrictReserved,
      workload: dmabufList('page-less', 'apart'),
    }),
    planted('skip-drain', ['phyr8'], ['device'], {
      machine: vtdStrictReserved,
      workload: dmabufList('page-less', 'one', true),
    }),
    planted('pin-leak', ['phyr8'], ['leaks'], { machine: vtdStrict, workload: ctlDirect }),
    planted('keep-file', ['phyr8'], ['leaks'], { machine: vtdStrict, workload: ctlDirect }),
    plantedInPairs('no-pin', ['workload'], vfio4k),
    plantedInPairs('wrong-iova', ['translation', 'data', 'faults'], vfio4k),
    plantedInPairs('short-flush', ['translation', 'faults'], iotlb4k),
    plantedInPairs('skip-drain', ['faults'], registerEdu),
    plantedInShared('skip-drain', ['faults']),
    plantedInShared('keep-import', ['workload']),
    // A device error that the driver must survive: it reports each, and I/O continues.
    planted('post-twice', ['phyr8'], ['kernel-log']),
  ],
};
