export { type Boot, builtWithPlants, groupIntoBoots, hostLoad, keptStates, type Load, loadOf } from './boots.js';
export { type CostPlan, costPlan } from './cost.js';
export { decideCtlIo } from './ctl-io.js';
export { type KeptRun, runsToRemove } from './disk.js';
export {
  CHURN_CACHED_KIB,
  CHURN_KIB,
  COST_REGION_KIB,
  diskKiB,
  dutOf,
  expand,
  hostPath,
  type Plan,
  SECRET_KIB,
} from './expand.js';
export { type Found, find } from './find.js';
export { withKnown } from './known.js';
export { casesDue, HAZARDS, ktapMemory } from './ktap.js';
export { isShared, type Lent, reservedRam, sharedBytes } from './lent.js';
export { type LifetimeDue, lifetimeDue } from './lifetime.js';
export { MEMORY_PATHS, type MemoryPath } from './memory-paths.js';
export { type ImageNeed, imageNeeds, inOrderOfNeed, neededModules } from './needs.js';
export { type P2pRoute, p2pRelation, p2pRoute, p2pRouteBy, peerDriver, redirects } from './p2p.js';
export { pmemRefusal } from './pmem.js';
export { bytesOf, gapsOf, RANGES_SPAN, type Range, rangeCount, rangesOf, runsOf } from './ranges.js';
export { engineOf, lentOf, regionRefusals } from './register.js';
export { cellSeed } from './seed.js';
export { select } from './select.js';
export { shardOf, takeShard } from './shard.js';
export { errnoDue, refusals, type Way } from './vfio.js';
