export { type CachedEntry, type Images, type ImagesOptions, openImages } from './images.js';
