export { checkNamespaces } from './box.js';
export { cacheDirectory } from './cache.js';
export { FileLock } from './filelock.js';
export { type GuestTree, namesGuestTree, openGuestTree } from './guest-tree.js';
export { type CachedEntry, type Images, type ImagesOptions, openImages } from './images.js';
export { findMirror } from './mirror.js';
export { keyOf, projectRoot } from './project.js';
export { guestFolder } from './sources.js';
export { GuestStates } from './states.js';
