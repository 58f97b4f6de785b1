export { devicesOf, dutOf, type Nvme } from './dut.js';
export { type P2pRoute, p2pRelation, p2pRoute, p2pRouteBy, peerDriver, redirects } from './p2p.js';
export { pathToRam } from './reach.js';
