export { type Boot, groupIntoBoots, hostLoad, type Load, loadOf } from './boots.js';
export { CHURN_CACHED_KIB, CHURN_KIB, diskKiB, dutOf, expand, type Plan, SECRET_KIB } from './expand.js';
export { type P2pRoute, p2pRoute } from './p2p.js';
export { cellSeed } from './seed.js';
export { matcher, select } from './select.js';
