export {
  type Boot,
  builtWithPlants,
  groupIntoBoots,
  guestOf,
  hostLoad,
  type Load,
  loadOf,
  snapshotsToSave,
} from './boots.js';
export { expand, type Plan } from './expand.js';
export { type FoundCell, findCell } from './find-cell.js';
export { withKnown, withOwnPatterns } from './known.js';
export { type ImageNeed, imageNeeds, inOrderOfNeed, neededModules } from './needs.js';
export { select } from './select.js';
export { shardOf, takeShard } from './shard.js';
