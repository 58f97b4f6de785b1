export {
  type Boot,
  builtWithPlants,
  groupIntoBoots,
  guestOf,
  hostLoad,
  keptStates,
  type Load,
  loadOf,
} from './boots.js';
export { expand, type Plan } from './expand.js';
export { type Found, find } from './find.js';
export { withKnown, withOwnPatterns } from './known.js';
export { type ImageNeed, imageNeeds, inOrderOfNeed, neededModules } from './needs.js';
export { select } from './select.js';
export { shardOf, takeShard } from './shard.js';
