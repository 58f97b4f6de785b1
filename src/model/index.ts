export * from './errors.js';
export * from './events.js';
export * from './home.js';
export * from './images.js';
export * from './record.js';
export * from './samples.js';
export * from './verdict.js';
export * from './words.js';
