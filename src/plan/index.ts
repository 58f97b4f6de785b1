export { type Boot, defaultJobs, groupIntoBoots } from './boots.js';
export { CHURN_CACHED_KIB, CHURN_KIB, diskKiB, dutOf, expand, type Plan, SECRET_KIB } from './expand.js';
export { type P2pRoute, p2pRoute, translates } from './p2p.js';
export { cellSeed } from './seed.js';
export { matcher, select } from './select.js';
