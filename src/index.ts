/** What a scenario file or another program may import: the types and schemas. */
export * from './model/index.js';
export * from './workloads/index.js';
