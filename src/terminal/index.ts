export * from './layout.js';
export * from './output.js';
