export { type Boot, groupIntoBoots, hostLoad, type Load, loadOf } from './boots.js';
export { decideCtlIo, reservedRam } from './ctl-io.js';
export { diskKiB, dutOf, expand, type Plan, SECRET_KIB } from './expand.js';
export { type P2pRoute, p2pRoute } from './p2p.js';
export { cellSeed } from './seed.js';
export { matcher, select } from './select.js';
