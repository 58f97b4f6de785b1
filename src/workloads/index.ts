export { Cell } from './cell.js';
export { decideCtlIo } from './ctl-io/needs.js';
export { RunEvent } from './events.js';
export { Artefact, KEPT_CELL, KEPT_CELL_SCHEMA, KeptCell } from './kept-cell.js';
export { ktapLacks } from './ktap/cases.js';
export { type CostPlan, costPlan } from './map-cost/cost-plan.js';
export { CostPoint, Layout } from './map-cost/points.js';
export { decidePmem } from './pmem/refusal.js';
export { decideRegister } from './register/needs.js';
export type { WorkloadContext } from './shared/context.js';
export { CHURN_CACHED_KIB, CHURN_KIB, COST_REGION_KIB, SECRET_KIB } from './shared/disk-layout.js';
export { HostMemory, RangeLayout } from './shared/memory.js';
export { MEMORY_PATHS } from './shared/memory-paths.js';
export type { Peer } from './shared/peer.js';
export { RANGES_SPAN, rangeCount } from './shared/ranges.js';
export { failed, type WorkloadResult } from './shared/result.js';
export { Block, Suite } from './suite.js';
export { userCostLacks } from './user-cost/needs.js';
export { vfioLacks } from './vfio/refusals.js';
export { Workload } from './workload.js';

/** What runs in guests is loaded only by who has one. */
export const runners = () => import('./runners.js');
